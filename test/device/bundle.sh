#!/bin/sh
# Writes the program of test/device/run.sh, with the tests of kernels, as one file that needs the package webgpu beside it and nothing else.
#   test/device/bundle.sh PROGRAM.mjs
set -eu
out=$(realpath "$1")
cd "$(dirname "$0")/../.."

# Trainings and the engine's start have a process of their own.
{
  echo "import { main } from \"$PWD/test/device/program.ts\";"
  echo "await main({"
  find test/plugins/engines/webgpu -name '*.gpu.test.ts' ! -name 'training.*' ! -name 'engine.*' ! -name 'faults.*' ! -name 'tuner.*' | sort |
    while read -r file; do echo "  \"$file\": () => import(\"$PWD/$file\"),"; done
  echo "}, process.argv.slice(2));"
} | npx esbuild --loader=ts --bundle --minify --keep-names --platform=node --format=esm --log-level=warning \
  --outfile="$out" --external:webgpu \
  "--alias:vitest=$PWD/test/device/vitest.ts" "--alias:sharp=$PWD/test/device/sharp.ts" \
  '--banner:js=import{createRequire as requireFrom__}from"node:module";const require=requireFrom__(import.meta.url);'
