# Sourced by the other scripts: how they speak, what they need, how they wait.
# shellcheck shell=bash

k8s=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
settings=$k8s/settings/kustomization.yaml
namespace=$(awk '$1 == "namespace:" { print $2 }' "$settings")
timeout=${TIMEOUT:-300}

say() { printf '\n== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
fail() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

kube() { kubectl --namespace "$namespace" "$@"; }

# need TOOL WHERE: a program that must be on the PATH, and where it comes from
need() {
  command -v "$1" >/dev/null || fail "'$1' is needed and is not on the PATH: $2"
}

need_kubectl() { need kubectl "https://kubernetes.io/docs/tasks/tools (1.32 or newer)."; }

need_docker() {
  need docker "https://docs.docker.com/get-docker."
  docker info >/dev/null 2>&1 || fail "Docker is installed, but its engine does not answer: start it."
}

need_k3d() { need k3d "https://k3d.io (5.9 or newer)."; }

need_cluster() {
  need_kubectl
  kubectl get --raw /version --request-timeout=10s >/dev/null 2>&1 || fail \
    "No cluster answers (kubectl's context: $(kubectl config current-context 2>/dev/null || echo none))." \
    "Make one with 'make cluster', or choose one with 'kubectl config use-context NAME'."
}

# The namespace of the installation in this cluster: what the dashboard may read of nodes is
# of the whole cluster, and has one name in it.
installed_in() {
  kubectl get clusterrolebinding stable-diffusion-dashboard --ignore-not-found \
    --output 'jsonpath={.subjects[0].namespace}'
}

has_kind() { kubectl get crd "$1" >/dev/null 2>&1; }

need_keda() {
  has_kind scaledobjects.keda.sh || fail \
    "KEDA, which starts the workers, is not in this cluster: run 'make install-keda', then this again."
}

# The name and tag that an image of ours has in the settings.
image_of() {
  awk -v name="$1" '
    $1 == "-" && $2 == "name:" { mine = $3 == name }
    mine && $1 == "newName:" { image = $2 }
    mine && $1 == "newTag:" { print image ":" $2; exit }' "$settings"
}

# names_registry IMAGE: whether it says where it is pulled from; else that is Docker Hub
names_registry() {
  case ${1%%/*} in
    *.* | *:*) ;;
    *) return 1 ;;
  esac
}

# Where it runs: OVERLAY, or what GPU says, or what was deployed before, or with a GPU.
chosen_overlay() {
  local remembered
  if [ -n "${OVERLAY:-}" ]; then
    echo "$OVERLAY"
  elif [ "${GPU+set}" ]; then
    if [ -n "$GPU" ]; then echo gpu; else echo cpu; fi
  else
    remembered=$(kubectl get namespace "$namespace" --ignore-not-found \
      --output 'jsonpath={.metadata.annotations.stable-diffusion-live/overlay}')
    echo "${remembered:-gpu}"
  fi
}

# pods_of KIND/NAME …: kubectl get of its pods, found as it finds them itself
pods_of() {
  local labels
  # shellcheck disable=SC2016 # the template's own variables
  labels=$(kube get "$1" --output \
    'go-template={{range $label, $value := .spec.selector.matchLabels}}{{$label}}={{$value}},{{end}}' 2>/dev/null)
  [ -z "$labels" ] || kube get pods --selector "${labels%,}" "${@:2}"
}

# reasons KIND/NAME: why its pods are not ready, a line each; nothing when all are.
reasons() {
  pods_of "$1" --output "go-template-file=$k8s/scripts/reasons.gotemplate" 2>/dev/null | sed "/^$/d" || true
}

# explain KIND/NAME: everything that a person needs to know of pods that do not become ready.
explain() {
  local pod
  reasons "$1" | sed 's/^/   /'
  for pod in $(pods_of "$1" --output name); do
    last_words "$pod"
  done
  kube get events --field-selector type=Warning --sort-by .lastTimestamp --no-headers \
    --output custom-columns=OF:.involvedObject.name,REASON:.reason,WORDS:.message 2>/dev/null |
    grep "^${1#*/}" | tail -n 3 | sed 's/^/   event of /' || true
}

# The last line that a container wrote before it crashed, or writes now.
last_words() {
  local ended="jsonpath={.status.containerStatuses[0]['lastState','state'].terminated.message}" words
  words=$(kube get "$1" --output "$ended" 2>/dev/null | sed '/^$/d' | tail -n 1)
  [ -n "$words" ] || words=$(kube logs "$1" --tail 1 2>/dev/null || true)
  [ -z "$words" ] || note "${1#pod/} wrote last: $(sentence <<<"$words")"
}

# What lines of a log say, where they are JSON, as LOG_FORMAT=json makes them.
sentence() { sed -E 's/^\{.*"message": "(([^"\\]|\\.)*)".*\}$/\1/'; }

# wait_ready KIND NAME: until its pods are ready; says what they wait for, and at the end why.
wait_ready() {
  local deadline=$((SECONDS + timeout)) seen="" now
  until kube rollout status "$1/$2" --timeout 2s >/dev/null 2>&1; do
    now=$(reasons "$1/$2")
    if [ -n "$now" ] && [ "$now" != "$seen" ]; then
      printf '%s\n' "$now" | sed 's/^/   /'
      seen=$now
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      printf '\n%s is not ready after %s s:\n' "$2" "$timeout" >&2
      explain "$1/$2" >&2
      fail "Nothing was taken back. Mend it and run this again; TIMEOUT=900 waits longer."
    fi
  done
  note "$2 is ready."
}

# wait_scaler KIND: until KEDA says that it can read the queue.
wait_scaler() {
  local deadline=$((SECONDS + timeout)) status=""
  until [ "$status" = True ]; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      fail "KEDA is not ready to scale after $timeout s: $(condition "$1" message)" \
        "Look at: kubectl -n keda logs deployment/keda-operator --tail 20"
    fi
    sleep 1
    status=$(condition "$1" status)
  done
  note "KEDA watches the queue."
}

condition() {
  kube get "$1" worker --output "jsonpath={.status.conditions[?(@.type==\"Ready\")].$2}" 2>/dev/null || true
}
