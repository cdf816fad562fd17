#!/bin/sh
# Builds both native addons with AddressSanitizer and UndefinedBehaviorSanitizer, and runs their suites on them:
#   test/sanitised/run.sh [WORDS…]
#
# WORDS go to vitest in place of the suites' own. Needs Linux, GCC and `unshare`. What is compiled lies in build/sanitised, which
# this checkout has as its build/ while the command runs: the usual addons stay as they are. It fails where a suite does, and
# where any process left a report of an error of memory, one that a test started and expected to fail included; undefined
# behaviour ends its process. Leaks are not looked for: Node and V8 free nothing as they end.
set -eu
repo=$(realpath "$(dirname "$0")/../..")
mkdir -p "$repo/build/sanitised"
mapped=
[ "$(id -u)" = 0 ] || mapped=--map-root-user
export repo
exec unshare $mapped --mount --propagation private sh -euc '
  mount --bind "$repo/build/sanitised" "$repo/build"
  cd "$repo"
  rm -f build/report.*
  sanitisers="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g1"
  FGKD_ONEDNN_FLAGS="$sanitisers" node plugins/engines/onednn/build.mjs --strict
  compiler=${CXX:-c++}
  printf "#!/bin/sh\nexec %s %s \"\$@\"\n" "$compiler" "$sanitisers" >build/c++
  chmod +x build/c++
  CXX="$repo/build/c++" node plugins/data/images/build.mjs --strict

  # Exceptions are thrown in libstdc++, which Node has within itself: the sanitiser looks for it as a process starts.
  LD_PRELOAD="$($compiler -print-file-name=libasan.so) $($compiler -print-file-name=libstdc++.so.6)"
  ASAN_OPTIONS="detect_leaks=0:log_path=$repo/build/report"
  UBSAN_OPTIONS="print_stacktrace=1:log_path=$repo/build/report"
  # Everything takes many times its time, and freed memory is held for a while: how much a process grows is measured elsewhere.
  patience="--testTimeout=600000 --hookTimeout=600000 --maxWorkers=1"
  export LD_PRELOAD ASAN_OPTIONS UBSAN_OPTIONS FGKD_MISTAKES=1500
  status=0
  vitest() { node node_modules/vitest/vitest.mjs run $patience --config "$@" || status=1; }
  if [ $# -gt 0 ]; then vitest test/vitest.config.ts "$@"
  else
    suites=$(ls test/plugins/engines/onednn/*.test.ts | grep -v -e /build.test -e slow.test -e long.test)
    vitest test/vitest.config.ts $suites test/plugins/data/jpeg.test.ts -t "^(?!.*(and their memory|gives memory back))"
    vitest test/vitest.long.config.ts test/plugins/engines/onednn/mistakes
  fi
  for report in build/report.*; do
    [ -e "$report" ] || continue
    cat "$report"
    status=1
  done
  exit $status
' sh "$@"
