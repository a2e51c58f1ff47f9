#!/usr/bin/env bash
# compose_gpus.sh: print the Compose file that gives each NVIDIA GPU of this machine a worker of its
# own, for `GPU=1 make up`. Without nvidia-smi, or with one GPU, it changes nothing.
set -euo pipefail

# CUDA_VISIBLE_DEVICES selects, as on the host: it names indices or UUIDs, and an empty one no GPU.
gpus=${CUDA_VISIBLE_DEVICES-}
if [ -z "${CUDA_VISIBLE_DEVICES+set}" ]; then
  # It prints its errors where the listing would be.
  gpus=$(nvidia-smi --query-gpu=uuid --format=csv,noheader 2>/dev/null) || gpus=
fi

echo "services:"
number=1
for gpu in ${gpus//,/ }; do
  if [ "$number" = 1 ]; then
    printf '  worker:\n'
  else
    printf '  worker-gpu-%s:\n' "$number"
    printf '    extends: { file: compose.yaml, service: worker }\n'
    printf '    build: { args: { TORCH: "" } }\n'
    printf '    gpus: all\n'
  fi
  printf '    environment: { CUDA_VISIBLE_DEVICES: "%s" }\n' "$gpu"
  number=$((number + 1))
done
[ "$number" -eq 1 ] || exit 0
if [ "${CUDA_VISIBLE_DEVICES+set}" ]; then
  printf '  worker:\n    environment: { CUDA_VISIBLE_DEVICES: "" }\n'
else
  echo "  worker: {}"
fi
