#!/usr/bin/env bash
# build-image.sh: build the images of dashboard and worker, named as in k8s/settings.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
need_docker
cd "$k8s/.."

# Without a GPU, use PyTorch's build for the CPU, which is gigabytes smaller.
torch=${TORCH:-}
model=${MODEL:-models/demo}
if [ "${GPU+set}" ] && [ -z "$GPU" ]; then torch=cpu; fi

heading "$(image_of dashboard)"
docker build --file Dockerfile.ui --tag "$(image_of dashboard)" .
[ -f "$model/model_index.json" ] || fail "MODEL=$model has no model_index.json, so it is not a diffusers pipeline."
heading "$(image_of worker) with $model${torch:+, PyTorch for the $torch}"
docker build --file Dockerfile.worker --build-arg "TORCH=$torch" --build-arg "MODEL=$model" \
  --tag "$(image_of worker)" .
