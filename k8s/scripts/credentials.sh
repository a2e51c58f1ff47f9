# Sourced by deploy.sh. Credentials are made once and live in Secrets of the cluster; no
# file holds them, and none is an argument of a program, which others could list.
# shellcheck shell=bash disable=SC2154 # namespace comes from common.sh

# Letters and digits only: KEDA takes no others in an address.
random_password() { LC_ALL=C tr -dc 'a-zA-Z0-9' </dev/urandom | head -c 32 || true; }

has_secret() { [ -n "$(kube get secret "$1" --ignore-not-found --output name)" ]; }

base64_of() { printf '%s' "$1" | base64 | tr -d '\n'; }

# secret NAME MARK KEY VALUE…: the mark says whose keys they are
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
  # KEDA lives in another namespace, so it needs the longer name; without the slash at the
  # end it would look for a virtual host of no name.
  secret rabbitmq inside username live password "$password" \
    amqp-url "amqp://live:$password@rabbitmq:5672/" \
    management-url "http://live:$password@rabbitmq.$namespace.svc:15672/"
  note "Secret rabbitmq is new."
}

keys_of_store() { kube get secret minio --ignore-not-found --output 'jsonpath={.data}'; }

# store_credentials WHERE: 'inside' if the store is one that we start, else 'outside'. Sets
# store_keys to 'changed' if pods that run have others.
store_credentials() {
  local before
  before=$(keys_of_store)
  write_store_credentials "$1"
  # shellcheck disable=SC2034 # read by deploy.sh
  if [ -z "$before" ] || [ "$before" = "$(keys_of_store)" ]; then store_keys=same; else store_keys=changed; fi
}

write_store_credentials() {
  local place
  place=$(kube get secret minio --ignore-not-found \
    --output 'jsonpath={.metadata.annotations.stable-diffusion-live/for}')
  if [ -n "${MINIO_ACCESS_KEY:-}" ] && [ -n "${MINIO_SECRET_KEY:-}" ]; then
    secret minio "$1" access-key "$MINIO_ACCESS_KEY" secret-key "$MINIO_SECRET_KEY"
    note "Secret minio holds MINIO_ACCESS_KEY and MINIO_SECRET_KEY."
  elif has_secret minio && [ "${place:-$1}" = "$1" ]; then
    note "Secret minio is kept."
  elif [ "$1" = inside ]; then
    secret minio inside access-key live secret-key "$(random_password)"
    note "Secret minio is new."
  else
    fail "This overlay's store is outside of the cluster, so its keys are needed once:" \
      "MINIO_ACCESS_KEY=… MINIO_SECRET_KEY=… make deploy"
  fi
}
