#!/usr/bin/env bash
# run-webui-dev.sh: the dashboard on this machine, with the queue and the store of the cluster.
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

# forward SERVICE LOCAL:REMOTE…: until told to stop, and again whenever its pod was replaced
forward() {
  trap 'kill "$child" 2>/dev/null; exit 0' TERM INT
  while :; do
    kube port-forward --address 127.0.0.1 "service/$1" "${@:2}" >/dev/null 2>&1 &
    child=$!
    wait "$child" || true
    sleep 1
  done
}

# wait_open PORT NAME: until something listens there
wait_open() {
  local deadline=$((SECONDS + 30))
  until (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      explain "$2" >&2
      fail "No connection to $2 in the cluster; its pods' words are above, if there are any."
    fi
    sleep 0.2
  done
}

close_forwards() {
  local jobs
  jobs=$(jobs -p)
  # shellcheck disable=SC2086 # one word for each process
  [ -z "$jobs" ] || kill $jobs 2>/dev/null || true
  wait
}

say "Connections to $namespace in $(kubectl config current-context)"
read -r amqp management s3 <<<"$(free_ports 3)"
trap close_forwards EXIT
forward rabbitmq "$amqp:5672" "$management:15672" &
forward minio "$s3:9000" &
wait_open "$amqp" rabbitmq
wait_open "$s3" minio
note "RabbitMQ and the store answer."

user=$(value_of rabbitmq username)
password=$(value_of rabbitmq password)
export RABBITMQ_URL="amqp://$user:$password@127.0.0.1:$amqp/"
export RABBITMQ_MANAGEMENT_URL="http://$user:$password@127.0.0.1:$management/"
export MINIO_ENDPOINT="127.0.0.1:$s3" MINIO_SECURE=false
MINIO_ACCESS_KEY=$(value_of minio access-key)
MINIO_SECRET_KEY=$(value_of minio secret-key)
export MINIO_ACCESS_KEY MINIO_SECRET_KEY
export FLEET=kubernetes KUBE_NAMESPACE="$namespace"
trap : INT # Ctrl+C is for the dashboard; the connections are closed after it
"$python" -m dashboard
