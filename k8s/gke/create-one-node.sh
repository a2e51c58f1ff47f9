#!/usr/bin/env bash
# create-one-node.sh: create one node with one GPU, for everything. It does not scale to zero.
# shellcheck source=k8s/gke/common.sh
. "$(dirname "$0")/common.sh"

enable_services
run gcloud container clusters create "$cluster" "${place[@]}" \
  --release-channel regular \
  --machine-type "$machine" \
  --accelerator "$accelerator" \
  --num-nodes 1 \
  --disk-type pd-balanced \
  --disk-size 100 \
  --enable-image-streaming \
  --enable-dataplane-v2 \
  ${spot[@]+"${spot[@]}"}
next
