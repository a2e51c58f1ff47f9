# Sourced after common.sh by what builds and pushes images: their names, and Docker or buildah.
# shellcheck shell=bash

# Without a GPU, use PyTorch's build for the CPU, which is gigabytes smaller.
torch=${TORCH:-}
if [ "${GPU+set}" ] && [ -z "$GPU" ]; then torch=cpu; fi

# image_for ui|worker|model: the image's name and tag in k8s/settings
image_for() {
  case $1 in
    ui) image_of dashboard ;;
    worker) if [ "$torch" = cpu ]; then image_of worker-cpu; else image_of worker; fi ;;
    model) image_of model ;;
    *) fail "There is no image '$1': they are ui, worker and model." ;;
  esac
}

# image_tool: docker, or buildah where Docker's engine does not run
image_tool() {
  if docker info >/dev/null 2>&1; then
    echo docker
  elif command -v buildah >/dev/null; then
    echo buildah
  else
    fail "Images need Docker with its engine running (https://docs.docker.com/get-docker), or buildah (https://buildah.io)."
  fi
}
