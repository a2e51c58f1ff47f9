#!/usr/bin/env bash
# import.sh: import the images from this machine's Docker to the k3d cluster.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
name=${CLUSTER_NAME:-stable-diffusion}
need_docker
need_k3d

is_built() { docker image inspect "$(image_of "$1")" >/dev/null 2>&1; }

images=()
for image in dashboard worker worker-cpu; do
  if is_built "$image"; then images+=("$(image_of "$image")"); fi
done
is_built dashboard && [ ${#images[@]} -gt 1 ] || fail \
  "The images are not built yet: make build-image, with GPU=\"\" for workers on the CPU."
k3d cluster get "$name" >/dev/null 2>&1 || fail "There is no k3d cluster $name: make cluster."
heading "Images into k3d cluster $name"
k3d image import "${images[@]}" --cluster "$name"
# The tag has not changed, so running pods would keep the old image.
if [ -n "$(kube --context "k3d-$name" get deployment dashboard --ignore-not-found --output name 2>/dev/null)" ]; then
  kube --context "k3d-$name" rollout restart deployment --selector app.kubernetes.io/part-of=stable-diffusion
fi
