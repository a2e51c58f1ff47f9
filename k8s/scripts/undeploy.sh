#!/usr/bin/env bash
# undeploy.sh: remove everything. Pictures, the store's credentials and recordings are kept, unless
# PURGE=1.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
need_cluster

ours=app.kubernetes.io/part-of=stable-diffusion

remove() {
  kube delete "$@" --ignore-not-found --timeout 180s 2>&1 | sed '/^No resources found/d; s/^/   /'
}

# The scaler is removed first, or it would start new workers meanwhile.
remove_scalers() {
  has_kind scaledobjects.keda.sh || return 0
  remove scaledobject.keda.sh,scaledjob.keda.sh --selector "$ours" && return 0
  fail "KEDA did not remove its finalizer; is it running? If it was uninstalled, remove the finalizer:" \
    "kubectl -n $namespace patch scaledobject worker --type merge -p '{\"metadata\":{\"finalizers\":null}}'"
}

remove_custom_resources() {
  local kind
  for kind in triggerauthentications.keda.sh servicemonitors.monitoring.coreos.com \
    podmonitors.monitoring.coreos.com prometheusrules.monitoring.coreos.com; do
    if has_kind "$kind"; then remove "$kind" --selector "$ours"; fi
  done
}

# Only those of this installation; one in another namespace keeps its own.
remove_rights() {
  case $(installed_in) in
    "" | "$namespace") ;;
    *) return 0 ;;
  esac
  kubectl delete clusterrole,clusterrolebinding --selector "$ours" --ignore-not-found 2>&1 |
    sed '/^No resources found/d; s/^/   /'
}

if ! kubectl get namespace "$namespace" >/dev/null 2>&1; then
  remove_rights
  note "There is no namespace $namespace; nothing else to remove."
  exit 0
fi

heading "Workers"
remove_scalers
remove deployment,job --selector app.kubernetes.io/name=worker

heading "Everything except pictures and recordings"
remove_custom_resources
remove deployment,statefulset,daemonset,job,service,ingress,configmap,podtemplate,poddisruptionbudget,networkpolicy,serviceaccount,role,rolebinding \
  --selector "$ours"
# RabbitMQ's volume has jobs only; pictures are worth keeping.
remove secret/rabbitmq secret/huggingface persistentvolumeclaim/data-rabbitmq-0 persistentvolumeclaim/models
remove_rights
if [ "${PURGE:-}" != 1 ]; then
  note "Kept: the volumes pictures-minio-0 and dashboard, and Secret minio. 'PURGE=1 make undeploy' removes them too."
  exit 0
fi

heading "Pictures and recordings"
remove persistentvolumeclaim/pictures-minio-0 persistentvolumeclaim/dashboard secret/minio
if [ "$(kubectl get namespace "$namespace" --output 'jsonpath={.metadata.annotations.stable-diffusion-live/made-by}')" = make-deploy ]; then
  kubectl delete namespace "$namespace" --timeout 300s | indent
else
  note "Namespace $namespace is kept: 'make deploy' did not create it."
fi
