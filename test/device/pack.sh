#!/bin/sh
# Packs what test/device/run.sh needs on a bare machine with a GPU: node, Dawn, the bundled program, the loaders of Vulkan.
#   test/device/pack.sh [FOLDER]     (default: build/device; Linux on x86-64)
#   LEVEL   of xz, 0 to 9 (default 6)
set -eu
cd "$(dirname "$0")/../.."
out=${1:-build/device}
rm -rf "$out" && mkdir -p "$out/pack/lib" "$out/pack/node_modules/webgpu/dist"

test/device/bundle.sh "$out/pack/program.mjs"
node=$(node -p process.execPath)
cp "$node" "$out/pack/node"
strip --strip-unneeded "$out/pack/node" 2>/dev/null || true
cp node_modules/webgpu/package.json node_modules/webgpu/index.js "$out/pack/node_modules/webgpu/"
cp -r node_modules/webgpu/dist/linux-x64 "$out/pack/node_modules/webgpu/dist/"
# NVIDIA's driver loads the dispatch libraries of GL, and has none of its own.
for name in libvulkan.so.1 libGLX.so.0 libGLdispatch.so.0 libEGL.so.1 libX11.so.6 libxcb.so.1 libXau.so.6 libXdmcp.so.6 libXext.so.6; do
  path=$(ldconfig -p | sed -n "s/.*x86-64.* => \(.*\/$name\)\$/\1/p" | head -1)
  if [ -n "$path" ]; then cp -L "$path" "$out/pack/lib/$name"; else echo "without $name: not on this machine" >&2; fi
done
tar -C "$out/pack" -cf - . | xz -T0 "-${LEVEL:-6}" >"$out/device.tar.xz"
cp test/device/run.sh test/device/peer.py "$out/"
rm -rf "$out/pack"
size=$(du -sk "$out" | cut -f1)
echo "$out: $((size / 1024)) MB"
[ "$size" -le 46080 ] || { echo "more than 45 MB" >&2; exit 1; }
