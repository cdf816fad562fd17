#!/bin/sh
# On a machine with a GPU, its driver and a Python with PyTorch and timm, from the folder that pack.sh made:
#   sh run.sh [RESULT.json]
# The kernels against the JavaScript backend, then fgkd's steps against PyTorch's in turn. At most 6 minutes. What fails or is late is told
# in its place, and the next begins; the result is written after each.
#   TINY=1          small steps, for an adapter made of software
#   SECONDS_BOUND   seconds in all (default 350)
#   PYTHON          which one (default python3)
#   ONLY, ROWS      patterns: of the files of the kernels' tests, of the workloads
set -eu
here=$(cd "$(dirname "$0")" && pwd)
result=${1:-device.json}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if command -v xz >/dev/null; then xz -dc "$here/device.tar.xz" | tar -C "$work" -xf -
else python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$here/device.tar.xz" "$work"; fi

# Last of all: where the system has its own loaders, they know its driver.
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$work/lib"
if [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ]; then
  for file in /usr/share/vulkan/icd.d/nvidia_icd.json /etc/vulkan/icd.d/nvidia_icd.json /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json; do
    if [ -f "$file" ]; then VK_DRIVER_FILES=$file && export VK_DRIVER_FILES && break; fi
  done
fi
FGKD_TEST_GPU=real "$work/node" "$work/program.mjs" all "$result" "$here/peer.py"
