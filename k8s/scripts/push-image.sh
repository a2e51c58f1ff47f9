#!/usr/bin/env bash
# push-image.sh: both images to the registry that k8s/settings names.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
need_docker

for name in dashboard worker; do
  image=$(image_of "$name")
  names_registry "$image" || fail \
    "$image names no registry: write yours into newName of k8s/settings/kustomization.yaml, and make build-image."
  say "$image"
  docker push "$image"
done
