#!/usr/bin/env bash
# build-image.sh ui|worker|model …: build images, named as in k8s/settings. MODEL names the folder of
# the model, BASE_IMAGE another base image, such as a mirror's.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=k8s/scripts/images.sh
. "$k8s/scripts/images.sh"
tool=$(image_tool)
cd "$k8s/.."
model=${MODEL:-models/demo}
[ -f "$model/model_index.json" ] || fail "MODEL=$model has no model_index.json, so it is not a diffusers pipeline."

# labels VERSION: what is built, and from which commit
labels() {
  echo "version=$1"
  git rev-parse --verify --quiet HEAD >/dev/null || return 0
  echo "revision=$(git describe --always --abbrev=40 --exclude '*' --dirty)"
  echo "created=$(git show --no-patch --format=%cI)"
  # An address of git may hold a user and a password.
  git config --get remote.origin.url | sed -E 's#^#source=#; s#//[^/]*@#//#' || true
}

# build KIND CONTEXT [ARGUMENT …]
build() {
  local image label arguments
  image=$(image_for "$1")
  arguments=(--file "Dockerfile.$1" --tag "$image" "${@:3}")
  while read -r label; do
    arguments+=(--label "org.opencontainers.image.$label")
  done < <(labels "${image##*:}")
  # OCI's format of images has no health check.
  [ "$tool" = docker ] || arguments+=(--layers --format docker)
  heading "$image"
  "$tool" build "${arguments[@]}" "$2"
}

# The default is in the Dockerfiles.
base_image=$(sed -n 's/^ARG BASE_IMAGE=//p' Dockerfile.ui)
for kind in "$@"; do
  case $kind in
    ui) build ui . --build-arg "BASE_IMAGE=${BASE_IMAGE:-$base_image}" ;;
    worker)
      build worker . --build-arg "BASE_IMAGE=${BASE_IMAGE:-$base_image}" \
        --build-arg "TORCH=$torch" --build-arg "MODEL=$model"
      ;;
    *) build "$kind" "$model" ;;
  esac
done
