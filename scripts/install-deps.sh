#!/bin/sh
# Installs the Debian packages that the build needs and that are missing. Further packages as arguments.
set -eu

packages="g++ cmake ninja-build pkg-config
    libdnnl-dev libhwy-dev libcli11-dev libfmt-dev nlohmann-json3-dev libzip-dev libcairo2-dev libgif-dev libcpp-httplib-dev libssl-dev
    libgtest-dev libbenchmark-dev fonts-dejavu-core $*"

missing=""
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

sudo=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "error: these packages are missing:$missing" >&2
        echo "hint: install them as root: apt-get install$missing" >&2; exit 1; }
    sudo=sudo
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086  # the list is meant to be split
{ $sudo apt-get -o DPkg::Lock::Timeout=600 update &&
  $sudo apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $missing; } >"$log" 2>&1 || {
    cat "$log" >&2
    echo "error: could not install:$missing" >&2
    exit 1
}
