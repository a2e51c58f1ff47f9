#!/usr/bin/env bash
# Measure this machine's GPU. With wheels in bench/wheels, and without a network: in a virtual
# environment that adds them to the packages of $PYTHON, which has PyTorch.
set -euo pipefail
cd "$(dirname "$0")/.."

if compgen -G 'bench/wheels/*.whl' >/dev/null; then
  environment=$(mktemp -d)
  trap 'rm -rf "$environment"' EXIT
  "$PYTHON" -m venv --without-pip "$environment"
  # The parent may be a virtual environment itself, whose packages a new one does not see.
  parent=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  site=$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  echo "$parent" >"$site/parent.pth"
  for wheel in bench/wheels/*.whl; do
    "$PYTHON" -m zipfile -e "$wheel" "$site"
  done
  PYTHON="$environment/bin/python"
fi
HF_HUB_OFFLINE=1 "$PYTHON" -m bench.gpu "$@"
