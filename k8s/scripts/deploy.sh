#!/usr/bin/env bash
# deploy.sh app|scaledobject|scaledjob: `kubectl apply -k` of a part of the selected overlay, and what
# that leaves to a person: credentials of servers elsewhere, removal of what the overlay no longer
# has, and waiting until all of it is ready.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=k8s/scripts/credentials.sh
. "$(dirname "$0")/credentials.sh"

part=$1
need_cluster
[ "$part" = app ] || need_keda
overlay=$(selected_overlay)
folder=$k8s/overlays/$overlay/$part
[ -d "$folder" ] || fail \
  "There is no overlay k8s/overlays/$overlay/$part; OVERLAY is one of: $(cd "$k8s/overlays" && echo *)"

# Type and name of each object, one per line, as `kubectl get --output name` prints them.
objects=$(kubectl create --dry-run=client --output name --kustomize "$folder")

has() { grep -qx "statefulset.apps/$1" <<<"$objects"; }

# Annotated, so that undeploy knows that it may delete it.
create_namespace() {
  kubectl create namespace "$namespace" --save-config | indent
  kubectl annotate namespace "$namespace" stable-diffusion-live/made-by=make-deploy >/dev/null
}

remove_other_scaler() {
  local others=(scaledobject.keda.sh/worker deployment/worker poddisruptionbudget/worker)
  [ "$part" = scaledjob ] || others=(scaledjob.keda.sh/worker)
  kube delete "${others[@]}" --ignore-not-found --timeout 180s 2>&1 | indent
}

create_workers_at_zero() {
  [ -z "$(kube get deployment worker --ignore-not-found --output name)" ] || return 0
  kube apply --filename "$k8s/scripts/paused-worker.yaml" | indent
  kube scale deployment worker --replicas 0 >/dev/null
}

# Removes objects of components that the overlay no longer has. Volumes are kept, and so are the
# scaler's objects, as the part `app` does not know which scaler was selected. ConfigMaps of earlier
# deployments are kept too, because pending pods still refer to them.
remove_obsolete() {
  local kinds=networkpolicy,ingress,daemonset,statefulset,service kind
  for kind in podmonitors.monitoring.coreos.com prometheusrules.monitoring.coreos.com; do
    if has_kind "$kind"; then kinds+=,$kind; fi
  done
  kube get "$kinds" --selector app.kubernetes.io/part-of=stable-diffusion --output name |
    { grep -Fxv -f <(printf '%s\n' "$objects") || true; } | while read -r object; do
    kube delete "$object" | indent
  done
}

# At zero workers no pod shows that an image is missing. So the image is printed here.
note_image() {
  note "Workers start with the first job, from image $1."
  names_registry "$1" || case $(kubectl config current-context 2>/dev/null) in
    k3d-*) ;;
    *) note "No registry has it, so each node must: make import on k3d, else see Troubleshooting in docs/kubernetes.md." ;;
  esac
}

other=$(installed_in)
[ -z "$other" ] || [ "$other" = "$namespace" ] || fail \
  "This cluster already has an installation in namespace $other, and only one is supported." \
  "Remove it first: run 'make undeploy' with that namespace in k8s/settings."

heading "Overlay '$overlay' into namespace $namespace of $(kubectl config current-context 2>/dev/null || echo "the cluster")"
kubectl get namespace "$namespace" >/dev/null 2>&1 || create_namespace

heading "Credentials"
for server in rabbitmq minio; do
  if has "$server"; then credentials "$server" inside; else credentials "$server" outside; fi
done
hub_token

heading "Manifests"
if [ "$part" != app ]; then remove_other_scaler; fi
if [ "$part" = scaledobject ]; then create_workers_at_zero; fi
# The template of a Job cannot be changed, and this one runs again.
kube delete job credentials --ignore-not-found | indent
kubectl apply --kustomize "$folder" | indent
remove_obsolete
kubectl annotate namespace "$namespace" --overwrite "stable-diffusion-live/overlay=$overlay" >/dev/null

heading "Waiting until everything is ready, up to $timeout s each"
wait_ready job credentials
restart_readers
if has rabbitmq; then wait_ready statefulset rabbitmq; fi
if has minio; then wait_ready statefulset minio; fi
# It declares the queue when it connects, and is ready once queue and store are reachable.
wait_ready deployment dashboard
[ "$part" = app ] || wait_scaler "$part.keda.sh"

heading "Done"
if [ "$part" = app ]; then
  note "Workers: make deploy-scaledobject, or make deploy-scaledjob."
else
  note_image "$(kube get podtemplate worker --output 'jsonpath={.template.spec.containers[0].image}')"
fi
if [ -n "$(kube get ingress dashboard --ignore-not-found --output name)" ]; then
  case $(kubectl config current-context 2>/dev/null) in
    "k3d-${CLUSTER_NAME:-stable-diffusion}") note "Page: http://localhost:8081" ;;
    *) note "Page: at the address of the ingress: kubectl -n $namespace get ingress dashboard" ;;
  esac
fi
note "Page: kubectl -n $namespace port-forward service/dashboard 8501:80, then http://localhost:8501"
