#!/bin/sh
# Runs one file of the page's tests; what they need of npm is fetched once. Exit status 77: something is missing.
#   tests/studio/run.sh open.test.mjs                  before the program's server
#   tests/studio/run.sh check                          types and format of the page
#   OSU_ENGINE=web tests/studio/run.sh open.test.mjs   with the program in the page (make web)
set -eu
cd "$(dirname "$0")"

skip() {
    echo "skipped: $1"
    exit 77
}

command -v node >/dev/null || skip "node is missing (apt-get install nodejs)"
command -v npm >/dev/null || skip "npm is missing (apt-get install npm)"
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' || skip "node is older than 18"

# Tests that run side by side fetch once. Without a network npm tries for a minute: once is enough for all of them.
exec 9>.npm.lock
flock 9
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    [ -z "$(find .npm.failed -mmin -10 2>/dev/null)" ] ||
        skip "npm could not fetch its packages a moment ago (rm tests/studio/.npm.failed to try again at once)"
    npm ci --no-audit --no-fund >.npm.log 2>&1 ||
        { cat .npm.log; touch .npm.failed; skip "npm could not fetch its packages"; }
    rm -f .npm.failed
    touch node_modules/.package-lock.json
fi
flock -u 9

if [ "$1" = check ]; then
    npx --no-install tsc --project ../../studio/jsconfig.json
    npx --no-install prettier --config prettier.json --log-level warn --check ../../studio .
    exit 0
fi

if [ "${OSU_ENGINE:-}" = web ]; then
    [ -e "${OSU_WEB:-../../build/web}/index.html" ] || skip "build/web is missing (make web)"
fi

for name in "${OSU_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [ -n "$name" ] && command -v "$name" >/dev/null && chromium=$(command -v "$name") && break
done
[ -n "${chromium:-}" ] || skip "Chromium is missing (apt-get install chromium)"
OSU_CHROMIUM=$chromium exec node --test --test-reporter=spec "$1"
