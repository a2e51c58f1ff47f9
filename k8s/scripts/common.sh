# Sourced by the other scripts: output, requirements, waiting.
# shellcheck shell=bash

k8s=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
settings=$k8s/settings/kustomization.yaml
namespace=$(sed -n 's/^namespace: //p' "$settings")
timeout=${TIMEOUT:-300}

heading() { printf '\n== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
indent() { sed 's/^/   /'; }
fail() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

kube() { kubectl --namespace "$namespace" "$@"; }

# need TOOL URL: fail without a program on the PATH, and print where to get it
need() {
  command -v "$1" >/dev/null || fail "'$1' is required and is not on the PATH: $2"
}

need_kubectl() { need kubectl "https://kubernetes.io/docs/tasks/tools (1.32 or newer)."; }

need_docker() {
  need docker "https://docs.docker.com/get-docker."
  docker info >/dev/null 2>&1 || fail "Docker is installed, but its engine is not running: start it."
}

need_k3d() { need k3d "https://k3d.io (5.9 or newer)."; }

need_cluster() {
  need_kubectl
  kubectl get --raw /version --request-timeout=10s >/dev/null 2>&1 || fail \
    "No cluster is reachable (kubectl's context: $(kubectl config current-context 2>/dev/null || echo none))." \
    "Create one with 'make cluster', or select one with 'kubectl config use-context NAME'."
}

# The namespace of the installation in this cluster, from the dashboard's ClusterRoleBinding.
installed_in() {
  kubectl get clusterrolebinding stable-diffusion-dashboard --ignore-not-found \
    --output 'jsonpath={.subjects[0].namespace}'
}

has_kind() { kubectl get crd "$1" >/dev/null 2>&1; }

need_keda() {
  has_kind scaledobjects.keda.sh || fail \
    "KEDA, which starts the workers, is not installed in this cluster: run 'make install-keda' first."
}

# image_of NAME: the image's name and tag in the settings
image_of() {
  sed -En "/- name: $1\$/,/newTag:/s/^ *new(Name|Tag): //p" "$settings" | paste -sd : -
}

# names_registry IMAGE: whether the name has a registry; otherwise it is Docker Hub, or the name that
# k8s/settings has until a release writes its owner
names_registry() {
  case $1 in
    */*.invalid/*) return 1 ;;
    *.*/* | *:*/*) ;;
    *) return 1 ;;
  esac
}

# The overlay: OVERLAY, or by GPU, or the one that was deployed before, or gpu.
selected_overlay() {
  local previous
  if [ -n "${OVERLAY:-}" ]; then
    echo "$OVERLAY"
  elif [ "${GPU+set}" ]; then
    if [ -n "$GPU" ]; then echo gpu; else echo cpu; fi
  else
    previous=$(kubectl get namespace "$namespace" --ignore-not-found \
      --output 'jsonpath={.metadata.annotations.stable-diffusion-live/overlay}')
    echo "${previous:-gpu}"
  fi
}

# pods_of KIND/NAME …: kubectl get of its pods, by its label selector
pods_of() {
  local labels
  # shellcheck disable=SC2016 # the template's own variables
  labels=$(kube get "$1" --output \
    'go-template={{range $label, $value := .spec.selector.matchLabels}}{{$label}}={{$value}},{{end}}' 2>/dev/null)
  [ -z "$labels" ] || kube get pods --selector "${labels%,}" "${@:2}"
}

# reasons KIND/NAME: why its pods are not ready, one line each
reasons() {
  pods_of "$1" --output "go-template-file=$k8s/scripts/reasons.gotemplate" 2>/dev/null | sed "/^$/d" || true
}

# explain KIND/NAME: reasons, log tails and events of pods that do not become ready
explain() {
  local pod
  reasons "$1" | indent
  for pod in $(pods_of "$1" --output name); do
    log_tail "$pod"
  done
  kube get events --field-selector type=Warning --sort-by .lastTimestamp --no-headers \
    --output custom-columns=OF:.involvedObject.name,REASON:.reason,MESSAGE:.message 2>/dev/null |
    grep "^${1#*/}" | tail -n 3 | sed 's/^/   event of /' || true
}

# log_tail POD: the last line of the container that crashed, or of the running one
log_tail() {
  local ended="jsonpath={.status.containerStatuses[0]['lastState','state'].terminated.message}" line
  line=$(kube get "$1" --output "$ended" 2>/dev/null | sed '/^$/d' | tail -n 1)
  [ -n "$line" ] || line=$(kube logs "$1" --tail 1 2>/dev/null || true)
  [ -z "$line" ] || note "last log line of ${1#pod/}: $(message_of <<<"$line")"
}

# The message of a log line, if it is JSON, as with LOG_FORMAT=json.
message_of() { sed -E 's/^\{.*"message": "(([^"\\]|\\.)*)".*\}$/\1/'; }

# is_ready KIND NAME: whether its pods are ready, or those of a Job are done
is_ready() {
  case $1 in
    job) kube wait "$1/$2" --for condition=Complete --timeout 2s ;;
    *) kube rollout status "$1/$2" --timeout 2s ;;
  esac >/dev/null 2>&1
}

# wait_ready KIND NAME: wait until its pods are ready; print what they wait for
wait_ready() {
  local deadline=$((SECONDS + timeout)) seen="" now
  until is_ready "$@"; do
    now=$(reasons "$1/$2")
    if [ -n "$now" ] && [ "$now" != "$seen" ]; then
      printf '%s\n' "$now" | indent
      seen=$now
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      printf '\n%s is not ready after %s s:\n' "$2" "$timeout" >&2
      explain "$1/$2" >&2
      fail "Nothing was rolled back. Fix the cause and run this again; TIMEOUT=900 waits longer."
    fi
  done
  note "$1 $2 is ready."
}

# wait_scaler KIND: wait until KEDA can read the queue
wait_scaler() {
  local deadline=$((SECONDS + timeout)) status=""
  until [ "$status" = True ]; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      fail "KEDA is not ready to scale after $timeout s: $(condition "$1" message)" \
        "See: kubectl -n keda logs deployment/keda-operator --tail 20"
    fi
    sleep 1
    status=$(condition "$1" status)
  done
  note "KEDA polls the queue."
}

condition() {
  kube get "$1" worker --output "jsonpath={.status.conditions[?(@.type==\"Ready\")].$2}" 2>/dev/null || true
}
