#!/usr/bin/env bash
# create-registry.sh: create a registry for both images, and configure Docker for it.
# shellcheck source=k8s/gke/common.sh
. "$(dirname "$0")/common.sh"
region=${zone%-*}
host=$region-docker.pkg.dev

enable_services
run gcloud artifacts repositories create live --project "$project" --location "$region" --repository-format docker
run gcloud auth configure-docker "$host" --quiet
printf '\nIn k8s/settings/kustomization.yaml: newName: %s/%s/live/dashboard, and …/worker.\n' "$host" "$project"
