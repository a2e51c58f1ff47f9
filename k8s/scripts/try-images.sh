#!/usr/bin/env bash
# try-images.sh: start dashboard and worker as Kubernetes and OpenShift do, as a user that the images
# do not know, with a root folder that is read-only, and generate a picture with the bundled model.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=k8s/scripts/images.sh
. "$k8s/scripts/images.sh"
tool=$(image_tool)
[ "$tool" = docker ] || tool=podman # which runs what buildah built
need "$tool" "https://podman.io/docs/installation."
name=stable-diffusion-live-try-$$

# start NAME IMAGE [ARGUMENT …]: queue and pictures are in a volume that both share
start() {
  "$tool" run --detach --name "$name-$1" --user 54321:0 --read-only --tmpfs /tmp --tmpfs /home/app \
    --cap-drop ALL --security-opt no-new-privileges --volume "$name:/app/data" \
    --env FLEET=none "${@:3}" "$2" >/dev/null
}

in_dashboard() { "$tool" exec "$name-dashboard" python "$@"; }

healthy() { in_dashboard -c 'from urllib.request import urlopen; urlopen("http://localhost:8501/healthz")' 2>/dev/null; }

wait_healthy() {
  local deadline=$((SECONDS + timeout))
  until healthy; do
    [ "$SECONDS" -lt "$deadline" ] || fail "The dashboard does not answer /healthz after $timeout s; its log is below."
    sleep 1
  done
}

finish() {
  local status=$? container
  for container in dashboard worker; do
    [ "$status" = 0 ] || "$tool" logs --tail 20 "$name-$container" || true
    "$tool" rm --force "$name-$container" >/dev/null 2>&1 || true
  done
  "$tool" volume rm --force "$name" >/dev/null 2>&1 || true
}
trap finish EXIT

heading "$(image_for ui)"
start dashboard "$(image_for ui)"
wait_healthy
note "/healthz answers."
if in_dashboard -m pip --version >/dev/null 2>&1; then fail "The image contains pip."; fi

heading "$(image_for worker)"
start worker "$(image_for worker)"
in_dashboard -m dashboard.cli.run_example --timeout "$timeout"
