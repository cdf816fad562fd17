#!/bin/sh
# Builds the engine `onednn` against the oneDNN of a newer Debian, and runs its suites there:
#   test/newer/run.sh FOLDER [vitest|conformance]
#
# FOLDER is the root of a Debian 13, as `../shared/bench/newer-debian.sh FOLDER libdnnl-dev g++` makes one (two minutes, 2.5 GB). This
# checkout and this machine's Node are seen in there while the command runs, and build/ is a folder of that root's own: the
# addon of this system stays as it is. Needs Linux, root and `unshare`; what is mounted is gone when the command ends.
set -eu
root=$(realpath "$1")
what=${2:-vitest}
repo=$(realpath "$(dirname "$0")/../..")
modules=$(realpath "$repo/node_modules")
shared=$(realpath -m "$repo/../shared")

case $what in
  # Without the one that packs the npm package: there is no npm in there.
  vitest)
    files=$(cd "$repo" && find test/plugins/engines/onednn -name '*.test.ts' ! -name 'build.test.ts' ! -name '*.slow.test.ts' ! -name '*.long.test.ts' | sort | tr '\n' ' ')
    suites="node_modules/.bin/vitest run --config test/vitest.config.ts $files" ;;
  conformance) suites="node_modules/.bin/tsx test/conformance/run.ts --engine onednn" ;;
  *) echo "test/newer/run.sh: there are vitest and conformance, and no $what" >&2; exit 2 ;;
esac

mkdir -p "$root$repo" "$root$modules" "$root$shared" "$root/var/fgkd-build"
install -m 755 "$(readlink -f "$(command -v node)")" "$root/usr/local/bin/node"
export root repo modules shared suites
exec unshare --mount --propagation private sh -euc '
  mount --rbind /dev "$root/dev"
  mountpoint -q "$root/proc" || mount --bind /proc "$root/proc"
  mount --bind "$repo" "$root$repo"
  mount --bind "$root/var/fgkd-build" "$root$repo/build"
  mount --bind "$modules" "$root$modules"
  [ ! -d "$shared" ] || mount --bind "$shared" "$root$shared"
  exec chroot "$root" env -i HOME=/root PATH=/usr/local/bin:/usr/bin:/bin sh -euc "
    cd $repo
    node plugins/engines/onednn/build.mjs --strict
    node -e \"console.log(\\\"oneDNN\\\", require(\\\"./build/onednn.node\\\").describe().version)\"
    $suites"
'
