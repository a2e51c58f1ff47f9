# Sourced by deploy.sh. Credentials are generated once, or again with ROTATE=1, and stored in Secrets
# of the cluster. They are in no file, nor are they arguments of a program, which other users could
# list.
# shellcheck shell=bash disable=SC2154 # namespace comes from common.sh

# Letters and digits only: KEDA accepts no others in an address.
random_password() { LC_ALL=C tr -dc 'a-zA-Z0-9' </dev/urandom | head -c 32 || true; }

data_of() { kube get secret "$1" --ignore-not-found --output 'jsonpath={.data}'; }

base64_of() { printf '%s' "$1" | base64 | tr -d '\n'; }

# secret NAME ORIGIN KEY VALUE…: the origin is inside or outside, that of the server
secret() {
  {
    printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n' "$1"
    printf '  labels:\n    app.kubernetes.io/part-of: stable-diffusion\n'
    printf '  annotations:\n    stable-diffusion-live/for: %s\ndata:\n' "$2"
    shift 2
    while [ $# -gt 0 ]; do
      printf '  %s: %s\n' "$1" "$(base64_of "$2")"
      shift 2
    done
  } | kube apply --server-side --field-manager make-deploy --filename - >/dev/null
}

# is_kept NAME ORIGIN: whether the Secret has the keys of all users, for a server of that origin
is_kept() {
  local origin
  origin=$(kube get secret "$1" --ignore-not-found \
    --output 'jsonpath={.metadata.annotations.stable-diffusion-live/for}')
  [ "$2" = outside ] || [ -z "${ROTATE:-}" ] || return 1
  [ "${origin:-$2}" = "$2" ] && [[ $(data_of "$1") == *'"worker-'* ]]
}

# credentials NAME ORIGIN: those of rabbitmq or minio; the origin is inside if the server is part of
# the overlay, else outside. Adds NAME to `changed` if running pods have others.
changed=""
credentials() {
  local before
  before=$(data_of "$1")
  "write_$1" "$2"
  if [ -n "$before" ] && [ "$before" != "$(data_of "$1")" ]; then changed+=" $1"; fi
}

# Least rights: k8s/components/rabbitmq/permissions.json has those of the three users.
write_rabbitmq() {
  local dashboard worker monitoring
  if is_kept rabbitmq "$1"; then
    note "Secret rabbitmq is kept."
    return
  elif [ "$1" = outside ]; then
    fail "This overlay has an external broker, whose URLs are required once: create Secret rabbitmq" \
      "as docs/operations.md shows."
  fi
  dashboard=$(random_password) worker=$(random_password) monitoring=$(random_password)
  # KEDA runs in another namespace, so it needs the longer name; without the slash at the end
  # it would use a virtual host with an empty name.
  secret rabbitmq inside \
    amqp-url "amqp://dashboard:$dashboard@rabbitmq:5672/" \
    worker-amqp-url "amqp://worker:$worker@rabbitmq:5672/" \
    management-url "http://monitoring:$monitoring@rabbitmq.$namespace.svc:15672/" \
    users.json "{\"users\": [
      {\"name\": \"dashboard\", \"password\": \"$dashboard\", \"tags\": \"\"},
      {\"name\": \"worker\", \"password\": \"$worker\", \"tags\": \"\"},
      {\"name\": \"monitoring\", \"password\": \"$monitoring\", \"tags\": \"management\"}]}"
  note "Secret rabbitmq is new."
}

# For gated and private models. Running workers keep the token that they started with.
hub_token() {
  [ -n "${HF_TOKEN:-}" ] || return 0
  secret huggingface outside token "$HF_TOKEN"
  note "Secret huggingface has HF_TOKEN."
}

# The root user is for administrators; k8s/components/minio/*-policy.json have the rights of the others.
write_minio() {
  if [ "$1" = outside ] && [ -n "${MINIO_SESSION_TOKEN:-}" ]; then
    fail "MINIO_SESSION_TOKEN is set: keys with a token end within hours, and pods would be left" \
      "without. Give keys that stay, or the pods an identity (docs/kubernetes.md)."
  elif [ "$1" = outside ] && [ -n "${MINIO_ACCESS_KEY:-}" ] && [ -n "${MINIO_SECRET_KEY:-}" ]; then
    secret minio outside access-key "$MINIO_ACCESS_KEY" secret-key "$MINIO_SECRET_KEY" \
      worker-access-key "${WORKER_MINIO_ACCESS_KEY:-$MINIO_ACCESS_KEY}" \
      worker-secret-key "${WORKER_MINIO_SECRET_KEY:-$MINIO_SECRET_KEY}"
    note "Secret minio has the given keys."
  elif is_kept minio "$1"; then
    note "Secret minio is kept."
  elif [ "$1" = inside ]; then
    secret minio inside root-user root root-password "$(random_password)" \
      access-key dashboard secret-key "$(random_password)" \
      worker-access-key worker worker-secret-key "$(random_password)"
    note "Secret minio is new."
  else
    fail "This overlay has an external store, whose keys are required once:" \
      "MINIO_ACCESS_KEY=… MINIO_SECRET_KEY=… make deploy"
  fi
}
