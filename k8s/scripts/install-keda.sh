#!/usr/bin/env bash
# install-keda.sh: install KEDA from its release's manifest, if the cluster has none.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
version=${KEDA_VERSION:-2.21.0}
need_cluster

if has_kind scaledobjects.keda.sh; then
  note "KEDA is installed already."
  exit 0
fi
heading "KEDA $version"
# Server-side: the definitions are too large for the annotation of a client-side apply.
kubectl apply --server-side --force-conflicts --filename \
  "https://github.com/kedacore/keda/releases/download/v$version/keda-$version.yaml" | indent
namespace=keda
for name in keda-operator keda-metrics-apiserver; do wait_ready deployment "$name"; done
