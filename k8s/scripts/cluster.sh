#!/usr/bin/env bash
# cluster.sh: create a k3d cluster on this machine, with its port 80 at http://localhost:8081.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
name=${CLUSTER_NAME:-stable-diffusion}
# K3s of the newest minor version that KEDA 2.21 was tested on.
image=${K3S_IMAGE:-+v1.36}
[ -z "${GPU:-}" ] || [ -n "${K3S_IMAGE:-}" ] || fail \
  "The image of K3s does not support GPUs. Build one with NVIDIA's toolkit and device plugin, as" \
  "https://k3d.io/stable/usage/advanced/cuda shows, and set K3S_IMAGE to it; or leave GPU out."
need_docker
need_k3d
need_kubectl

heading "k3d cluster $name"
if k3d cluster get "$name" >/dev/null 2>&1; then
  k3d cluster start "$name" --wait
  k3d kubeconfig merge "$name" --kubeconfig-merge-default --kubeconfig-switch-context >/dev/null
  note "It exists already; kubectl points at it."
  exit 0
fi
options=(--image "$image" --port 8081:80@loadbalancer --wait --timeout 300s)
[ -z "${GPU:-}" ] || options+=(--gpus all)
k3d cluster create "$name" "${options[@]}"
