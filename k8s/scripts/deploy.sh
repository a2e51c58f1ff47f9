#!/usr/bin/env bash
# deploy.sh app|scaledobject|scaledjob: apply a part of the chosen overlay and wait for it.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=k8s/scripts/credentials.sh
. "$(dirname "$0")/credentials.sh"

part=$1
need_cluster
[ "$part" = app ] || need_keda
overlay=$(chosen_overlay)
[ -d "$k8s/overlays/$overlay/$part" ] || fail \
  "There is no overlay k8s/overlays/$overlay/$part; OVERLAY is one of: $(cd "$k8s/overlays" && echo *)"
manifests=$(kubectl kustomize "$k8s/overlays/$overlay/$part")

has() { grep -q "^  name: $1$" <<<"$(grep -A 6 "^kind: StatefulSet$" <<<"$manifests")"; }

remove_other_scaler() {
  local others=(scaledobject.keda.sh/worker deployment/worker poddisruptionbudget/worker)
  [ "$part" = scaledjob ] || others=(scaledjob.keda.sh/worker)
  kube delete "${others[@]}" --ignore-not-found --timeout 180s 2>&1 | sed 's/^/   /'
}

apply() {
  kubectl apply --server-side --force-conflicts --field-manager make-deploy --filename - \
    <<<"$manifests" | sed 's/^/   /'
}

# A new Deployment starts with one worker, and an elastic pool would buy it a node before
# KEDA takes it away.
apply_workers() {
  local before
  before=$(kube get deployment worker --ignore-not-found --output name)
  apply
  [ "$part" != scaledobject ] || [ -n "$before" ] || kube scale deployment/worker --replicas 0 >/dev/null
}

# What the dashboard may read of nodes is of the whole cluster, and has one name in it.
other=$(kubectl get clusterrolebinding stable-diffusion-dashboard --ignore-not-found \
  --output 'jsonpath={.subjects[0].namespace}')
[ -z "$other" ] || [ "$other" = "$namespace" ] || fail \
  "This cluster has an installation in namespace $other already, and takes one only." \
  "Remove that first: 'make undeploy' with that namespace in k8s/settings."

say "Overlay '$overlay' into namespace $namespace of $(kubectl config current-context 2>/dev/null || echo "the cluster")"
kubectl get namespace "$namespace" >/dev/null 2>&1 || kubectl create namespace "$namespace" | sed 's/^/   /'

say "Credentials"
rabbitmq_credentials
if has minio; then store_credentials inside; else store_credentials outside; fi

say "Manifests"
if [ "$part" = app ]; then
  apply
else
  remove_other_scaler
  apply_workers
fi
kubectl annotate namespace "$namespace" --overwrite "stable-diffusion-live/overlay=$overlay" >/dev/null

say "Waiting until everything is ready, up to $timeout s each"
if has rabbitmq; then wait_ready statefulset rabbitmq; fi
if has minio; then wait_ready statefulset minio; fi
# It declares the queue when it connects, and is ready when queue and store answer.
wait_ready deployment dashboard
[ "$part" = app ] || wait_scaler "$part.keda.sh"

say "Done"
if [ "$part" = app ]; then
  note "Workers: make deploy-scaledobject, or make deploy-scaledjob."
fi
if [ -n "$(kube get ingress dashboard --ignore-not-found --output name)" ]; then
  note "Page: at the address of the ingress: kubectl -n $namespace get ingress dashboard"
fi
note "Page: kubectl -n $namespace port-forward service/dashboard 8501:80, then http://localhost:8501"
