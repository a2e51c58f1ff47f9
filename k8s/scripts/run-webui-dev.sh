#!/usr/bin/env bash
# run-webui-dev.sh: run the dashboard on this machine, with the queue and store of the cluster.
set -euo pipefail
# shellcheck source=k8s/scripts/common.sh
. "$(dirname "$0")/common.sh"
python=${VENV:-.venv}/bin/python
need_cluster
[ -n "$(kube get secret rabbitmq minio --ignore-not-found --output name)" ] || fail \
  "Nothing is deployed in namespace $namespace: make deploy."

free_ports() {
  "$python" - "$1" <<'CODE'
import socket, sys
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(each.getsockname()[1] for each in sockets))
CODE
}

value_of() { kube get secret "$1" --output "jsonpath={.data.$2}" | base64 --decode; }

# The settings of the dashboard's pod, except LOG_FORMAT: here the log goes to a terminal.
# shellcheck disable=SC2016 # the template's own variables
export_settings() {
  local name line
  name=$(kube get deployment dashboard --output \
    'jsonpath={.spec.template.spec.containers[0].envFrom[0].configMapRef.name}')
  while IFS= read -r line; do
    case $line in
      "" | LOG_FORMAT=*) ;;
      *) export "${line?}" ;;
    esac
  done < <(kube get configmap "$name" --output \
    'go-template={{range $name, $value := .data}}{{$name}}={{$value}}{{"\n"}}{{end}}')
}

# replace_host PORT: the URL on stdin with that port of this machine for its host
replace_host() { sed -E "s#@[^/]*#@127.0.0.1:$1#"; }

# forward SERVICE LOCAL:REMOTE…: forward ports until killed, and reconnect when a pod is replaced
forward() {
  while :; do
    kube port-forward --address 127.0.0.1 "service/$1" "${@:2}" </dev/null >/dev/null 2>&1 || true
    sleep 1
  done
}

# wait_open PORT NAME: wait until the port is open
wait_open() {
  local deadline=$((SECONDS + 30))
  until (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      explain "statefulset/$2" >&2
      fail "No connection to $2 in the cluster; the state of its pods is above."
    fi
    sleep 0.2
  done
}

close_forwards() {
  local job
  for job in $(jobs -p); do kill -- "-$job" 2>/dev/null || true; done
  wait
}

heading "Connections to $namespace in $(kubectl config current-context)"
read -r amqp management s3 <<<"$(free_ports 3)"
export_settings
RABBITMQ_URL=$(value_of rabbitmq amqp-url)
RABBITMQ_MANAGEMENT_URL=$(value_of rabbitmq management-url)
has_broker=$(kube get service rabbitmq --ignore-not-found --output name)
trap close_forwards EXIT
# Each in a process group of its own: Ctrl+C stops the dashboard first, which uses both until
# then.
set -m
if [ "$has_broker" ]; then forward rabbitmq "$amqp:5672" "$management:15672" & fi
if [ "${MINIO_ENDPOINT:-}" = minio:9000 ]; then forward minio "$s3:9000" & fi
set +m
if [ "$has_broker" ]; then
  wait_open "$amqp" rabbitmq
  note "RabbitMQ is reachable."
  RABBITMQ_URL=$(replace_host "$amqp" <<<"$RABBITMQ_URL")
  RABBITMQ_MANAGEMENT_URL=$(replace_host "$management" <<<"$RABBITMQ_MANAGEMENT_URL")
else
  note "$namespace has no RabbitMQ: this machine has to reach the one that Secret rabbitmq names."
fi
if [ "${MINIO_ENDPOINT:-}" = minio:9000 ]; then
  wait_open "$s3" minio
  note "MinIO is reachable."
  export MINIO_ENDPOINT="127.0.0.1:$s3" MINIO_SECURE=false
else
  note "$namespace has no MinIO: this machine has to reach ${MINIO_ENDPOINT:-the store}."
fi

export RABBITMQ_URL RABBITMQ_MANAGEMENT_URL
MINIO_ACCESS_KEY=$(value_of minio access-key)
MINIO_SECRET_KEY=$(value_of minio secret-key)
export MINIO_ACCESS_KEY MINIO_SECRET_KEY
export FLEET=kubernetes KUBE_NAMESPACE="$namespace"
trap : INT
"$python" -m dashboard
