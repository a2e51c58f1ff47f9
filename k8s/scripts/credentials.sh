# Sourced by deploy.sh. Credentials are generated once and stored in Secrets of the cluster. They
# are in no file, nor are they arguments of a program, which other users could list.
# shellcheck shell=bash disable=SC2154 # namespace comes from common.sh

# Letters and digits only: KEDA accepts no others in an address.
random_password() { LC_ALL=C tr -dc 'a-zA-Z0-9' </dev/urandom | head -c 32 || true; }

has_secret() { [ -n "$(kube get secret "$1" --ignore-not-found --output name)" ]; }

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

rabbitmq_credentials() {
  local password
  if has_secret rabbitmq; then
    note "Secret rabbitmq is kept."
    return
  fi
  password=$(random_password)
  # KEDA runs in another namespace, so it needs the longer name; without the slash at the end
  # it would use a virtual host with an empty name.
  secret rabbitmq inside username live password "$password" \
    amqp-url "amqp://live:$password@rabbitmq:5672/" \
    management-url "http://live:$password@rabbitmq.$namespace.svc:15672/"
  note "Secret rabbitmq is new."
}

# For gated and private models. Running workers keep the token that they started with.
hub_token() {
  [ -n "${HF_TOKEN:-}" ] || return 0
  secret huggingface outside token "$HF_TOKEN"
  note "Secret huggingface has HF_TOKEN."
}

keys_of_store() { kube get secret minio --ignore-not-found --output 'jsonpath={.data}'; }

# store_credentials ORIGIN: inside if the store is part of the overlay, else outside. Sets
# store_keys to 'changed' if running pods have other keys.
store_credentials() {
  local before
  before=$(keys_of_store)
  write_store_credentials "$1"
  # shellcheck disable=SC2034 # read by deploy.sh
  if [ -z "$before" ] || [ "$before" = "$(keys_of_store)" ]; then store_keys=same; else store_keys=changed; fi
}

write_store_credentials() {
  local origin
  origin=$(kube get secret minio --ignore-not-found \
    --output 'jsonpath={.metadata.annotations.stable-diffusion-live/for}')
  if [ -n "${MINIO_SESSION_TOKEN:-}" ]; then
    fail "MINIO_SESSION_TOKEN is set: keys with a token end within hours, and pods would be left" \
      "without. Give keys that stay, or the pods an identity (docs/kubernetes.md)."
  elif [ -n "${MINIO_ACCESS_KEY:-}" ] && [ -n "${MINIO_SECRET_KEY:-}" ]; then
    secret minio "$1" access-key "$MINIO_ACCESS_KEY" secret-key "$MINIO_SECRET_KEY"
    note "Secret minio has MINIO_ACCESS_KEY and MINIO_SECRET_KEY."
  elif has_secret minio && [ "${origin:-$1}" = "$1" ]; then
    note "Secret minio is kept."
  elif [ "$1" = inside ]; then
    secret minio inside access-key live secret-key "$(random_password)"
    note "Secret minio is new."
  else
    fail "This overlay has an external store, whose keys are required once:" \
      "MINIO_ACCESS_KEY=… MINIO_SECRET_KEY=… make deploy"
  fi
}
