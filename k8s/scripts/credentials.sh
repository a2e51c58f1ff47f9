# Sourced by deploy.sh. The overlay's Job `credentials` makes the Secrets of servers in the cluster,
# unless they exist. Here is the rest: Secrets that have to be made again are deleted, and what only
# a person can give is written or asked for. Credentials are in no file, nor are they arguments of a
# program, which other users could list.
# shellcheck shell=bash disable=SC2154 # namespace and k8s come from common.sh

data_of() { kube get secret "$1" --ignore-not-found --output 'jsonpath={.data}'; }

base64_of() { printf '%s' "$1" | base64 | tr -d '\n'; }

# write_secret NAME KEY VALUE…: write a Secret for a server outside. Server-side, because otherwise kubectl
# would copy the values into an annotation.
write_secret() {
  {
    printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n' "$1"
    printf '  labels:\n    app.kubernetes.io/part-of: stable-diffusion\n'
    printf '  annotations:\n    stable-diffusion-live/for: outside\ndata:\n'
    shift
    while [ $# -gt 0 ]; do
      printf '  %s: %s\n' "$1" "$(base64_of "$2")"
      shift 2
    done
  } | kube apply --server-side --force-conflicts --field-manager make-deploy --filename - >/dev/null
}

# is_usable NAME ORIGIN: whether the Secret has the keys of all users, for a server of that origin
is_usable() {
  local origin
  origin=$(kube get secret "$1" --ignore-not-found \
    --output 'jsonpath={.metadata.annotations.stable-diffusion-live/for}')
  [ "${origin:-$2}" = "$2" ] && [[ $(data_of "$1") == *'"worker-'* ]]
}

# credentials NAME ORIGIN: those of rabbitmq or minio; the origin is inside if the server is part of
# the overlay, else outside
credentials() {
  if [ "$2" = inside ]; then delete_outdated "$1"; else "require_$1"; fi
}

# delete_outdated NAME: delete a Secret that the Job has to make again
delete_outdated() {
  if [ -z "$(data_of "$1")" ]; then
    note "Secret $1: the Job makes it."
  elif [ -z "${ROTATE:-}" ] && is_usable "$1" inside; then
    note "Secret $1 is kept."
  else
    kube delete secret "$1" >/dev/null
    note "Secret $1 is deleted: the Job makes a new one."
  fi
}

require_rabbitmq() {
  is_usable rabbitmq outside || fail \
    "This overlay has an external broker, whose URLs are required once: create Secret rabbitmq" \
    "as docs/operations.md shows."
  note "Secret rabbitmq is kept."
}

require_minio() {
  if [ -n "${MINIO_SESSION_TOKEN:-}" ]; then
    fail "MINIO_SESSION_TOKEN is set: keys with a token end within hours, and pods would be left" \
      "without. Give keys that stay, or the pods an identity (docs/kubernetes.md)."
  elif [ -n "${MINIO_ACCESS_KEY:-}" ] && [ -n "${MINIO_SECRET_KEY:-}" ]; then
    write_secret minio access-key "$MINIO_ACCESS_KEY" secret-key "$MINIO_SECRET_KEY" \
      worker-access-key "${WORKER_MINIO_ACCESS_KEY:-$MINIO_ACCESS_KEY}" \
      worker-secret-key "${WORKER_MINIO_SECRET_KEY:-$MINIO_SECRET_KEY}"
    note "Secret minio has the given keys."
  elif is_usable minio outside; then
    note "Secret minio is kept."
  else
    fail "This overlay has an external store, whose keys are required once:" \
      "MINIO_ACCESS_KEY=… MINIO_SECRET_KEY=… make deploy"
  fi
}

# For gated and private models. Running workers keep the token that they started with.
hub_token() {
  [ -n "${HF_TOKEN:-}" ] || return 0
  write_secret huggingface token "$HF_TOKEN"
  note "Secret huggingface has HF_TOKEN."
}

# oldest_start KIND/NAME: when the oldest running container of its pods started; those that are being
# deleted do not count, nor those that wait, as both end up with the current Secrets
oldest_start() {
  pods_of "$1" --output "go-template-file=$k8s/scripts/started.gotemplate" | sort | sed -n 1p
}

# last_write SECRET …: when one of them was written last; applying new data keeps a Secret's age
last_write() {
  kube get secret "$@" --ignore-not-found --output 'jsonpath={..managedFields[*].time}' |
    tr ' ' '\n' | sort | sed -n '$p'
}

# restart_older KIND/NAME SECRET …: restart its pods if a container started before the Secrets were
# written, because it reads them once, when it starts
restart_older() {
  local started
  started=$(oldest_start "$1")
  if [[ -n $started && $started < $(last_write "${@:2}") ]]; then
    kube rollout restart "$1" | indent
  fi
}

# What differs is found in the cluster, so a deployment also ends what one that failed has left.
restart_readers() {
  restart_older statefulset/rabbitmq rabbitmq
  restart_older statefulset/minio minio
  restart_older deployment/dashboard rabbitmq minio
  restart_older deployment/worker rabbitmq minio
}
