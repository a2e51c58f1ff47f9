# Sourced by deploy.sh. Credentials are made once and live in Secrets of the cluster; no
# file holds them, and none is an argument of a program, which others could list.
# shellcheck shell=bash disable=SC2154 # namespace comes from common.sh

# Letters and digits only: KEDA takes no others in an address.
random_password() { LC_ALL=C tr -dc 'a-zA-Z0-9' </dev/urandom | head -c 32 || true; }

has_secret() { [ -n "$(kube get secret "$1" --ignore-not-found --output name)" ]; }

# secret NAME: its lines of data come on standard input
secret() {
  {
    printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n' "$1"
    printf '  labels:\n    app.kubernetes.io/part-of: stable-diffusion\nstringData:\n'
    cat
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
  secret rabbitmq <<LINES
  username: live
  password: "$password"
  amqp-url: amqp://live:$password@rabbitmq:5672/
  management-url: http://live:$password@rabbitmq.$namespace.svc:15672/
LINES
  note "Secret rabbitmq is new."
}

# store_credentials INSIDE: 'inside' if the store is one that we start
store_credentials() {
  if [ -n "${MINIO_ACCESS_KEY:-}" ] && [ -n "${MINIO_SECRET_KEY:-}" ]; then
    printf '  access-key: "%s"\n  secret-key: "%s"\n' "$MINIO_ACCESS_KEY" "$MINIO_SECRET_KEY" | secret minio
    note "Secret minio holds MINIO_ACCESS_KEY and MINIO_SECRET_KEY."
  elif has_secret minio; then
    note "Secret minio is kept."
  elif [ "$1" = inside ]; then
    printf '  access-key: live\n  secret-key: "%s"\n' "$(random_password)" | secret minio
    note "Secret minio is new."
  else
    fail "This overlay's store is outside of the cluster, so its keys are needed once:" \
      "MINIO_ACCESS_KEY=… MINIO_SECRET_KEY=… make deploy"
  fi
}
