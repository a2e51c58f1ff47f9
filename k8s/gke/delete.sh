#!/usr/bin/env bash
# delete.sh: delete the pictures and other volumes, the cluster and its nodes.
# shellcheck source=k8s/gke/common.sh
. "$(dirname "$0")/common.sh"

read -r -p "Delete cluster $cluster of project $project with all its pictures? [y/N] " answer
[ "$answer" = y ] || fail "Nothing was deleted."

# The disks of a deleted cluster remain, unless their claims are deleted first.
connect
run env PURGE=1 "$(dirname "$0")/../scripts/undeploy.sh"
if [ -n "$(kubectl get persistentvolumes --output name)" ]; then
  run kubectl wait --for=delete persistentvolumes --all --timeout 180s || true
fi
run gcloud container clusters delete "$cluster" "${place[@]}" --quiet

region=${zone%-*}
cat <<TEXT

Still billed, if they exist:
  disks of claims that were not deleted: gcloud compute disks list --project $project --filter name~^pvc-
  the registry with both images: gcloud artifacts repositories delete live --project $project --location $region
TEXT
