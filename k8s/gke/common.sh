# Sourced by the other scripts: what they create and where, from environment variables.
# shellcheck shell=bash
# shellcheck disable=SC2034 # used by the scripts that read this
set -euo pipefail

fail() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

command -v gcloud >/dev/null || fail "'gcloud' is required and is not on the PATH: https://cloud.google.com/sdk/docs/install."

project=${PROJECT:-$(gcloud config get project 2>/dev/null)}
[ -n "$project" ] || fail "No project is set: PROJECT=… $0, or once: gcloud config set project NAME"
# A zone with L4s: gcloud compute accelerator-types list --filter name=nvidia-l4
zone=${ZONE:-us-east4-a}
cluster=${CLUSTER:-stable-diffusion}
place=(--project "$project" --location "$zone")

# L4 exists on g2 machines only; a T4 needs n1: MACHINE=n1-standard-4 GPU_TYPE=nvidia-tesla-t4.
machine=${MACHINE:-g2-standard-4}
gpu_type=${GPU_TYPE:-nvidia-l4}

# GKE installs the driver: the latest one, for PyTorch's recent CUDA.
accelerator="type=$gpu_type,count=1,gpu-driver-version=latest"
# SHARE=4: four workers share one GPU by time-slicing; Kubernetes counts each share as one GPU.
[ -z "${SHARE:-}" ] || accelerator+=",gpu-sharing-strategy=time-sharing,max-shared-clients-per-gpu=$SHARE"

# SPOT=1: about a third of the price, but nodes can be preempted at any time.
spot=()
[ "${SPOT:-}" != 1 ] || spot=(--spot)

run() {
  printf '\n+ %s\n' "$*"
  "$@"
}

# Not enabled in a new project; the last one is for image streaming.
enable_services() {
  run gcloud services enable container.googleapis.com artifactregistry.googleapis.com \
    containerfilesystem.googleapis.com --project "$project"
}

connect() {
  run gcloud container clusters get-credentials "$cluster" "${place[@]}"
}

next() {
  connect
  printf '\nkubectl points at %s. Next: docs/gke.md.\n' "$cluster"
}
