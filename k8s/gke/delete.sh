#!/usr/bin/env bash
# delete.sh: the cluster, its nodes, and with its volumes the pictures.
# shellcheck source=k8s/gke/common.sh
. "$(dirname "$0")/common.sh"

run gcloud container clusters delete "$cluster" "${place[@]}"
