#!/usr/bin/env bash
# create-elastic.sh: create two nodes for queue, store and dashboard, and a pool of GPU nodes that
# scales from 0 to MAX_NODES (4).
# shellcheck source=k8s/gke/common.sh
. "$(dirname "$0")/common.sh"

enable_services
# Dataplane V2 enforces network policies; the profile removes idle nodes sooner.
run gcloud container clusters create "$cluster" "${place[@]}" \
  --release-channel regular \
  --machine-type e2-standard-2 \
  --num-nodes 2 \
  --disk-type pd-balanced \
  --disk-size 50 \
  --enable-dataplane-v2 \
  --autoscaling-profile optimize-utilization

# No node at first, and none when the queue is empty: no idle GPU is billed.
# Image streaming starts a container before all of its image is pulled.
run gcloud container node-pools create gpu "${place[@]}" \
  --cluster "$cluster" \
  --machine-type "$machine" \
  --accelerator "$accelerator" \
  --disk-type pd-balanced \
  --disk-size 100 \
  --enable-image-streaming \
  --node-taints nvidia.com/gpu=present:NoSchedule \
  --num-nodes 0 \
  --enable-autoscaling \
  --total-min-nodes 0 \
  --total-max-nodes "${MAX_NODES:-4}" \
  --location-policy ANY \
  ${spot[@]+"${spot[@]}"}
next
