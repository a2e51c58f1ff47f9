#!/usr/bin/env bash
# push-image.sh: push both images to the registry of k8s/settings.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
need_docker

for name in dashboard worker; do
  image=$(image_of "$name")
  names_registry "$image" || fail \
    "$image has no registry: set newName in k8s/settings/kustomization.yaml, then run make build-image."
  heading "$image"
  docker push "$image"
done
