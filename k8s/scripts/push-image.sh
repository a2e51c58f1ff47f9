#!/usr/bin/env bash
# push-image.sh ui|worker|model …: push images to the registry of k8s/settings.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=k8s/scripts/images.sh
. "$k8s/scripts/images.sh"
tool=$(image_tool)

for kind in "$@"; do
  image=$(image_for "$kind")
  names_registry "$image" || fail \
    "$image has no registry: set newName in k8s/settings/kustomization.yaml, then run make build-image."
  heading "$image"
  "$tool" push "$image"
done
