#!/usr/bin/env bash
# build-image.sh: the dashboard's and the worker's image, named as in k8s/settings.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
need_docker
cd "$k8s/.."

# Without a GPU, PyTorch's build for the CPU does, and is gigabytes smaller.
torch=${TORCH:-}
if [ "${GPU+set}" ] && [ -z "$GPU" ]; then torch=cpu; fi

say "$(image_of dashboard)"
docker build --file Dockerfile.ui --tag "$(image_of dashboard)" .
say "$(image_of worker)${torch:+, PyTorch for the $torch}"
docker build --file Dockerfile.worker --build-arg "TORCH=$torch" --tag "$(image_of worker)" .
