#!/bin/sh
# Builds the studio for browsers, and puts it into build/web: a static folder for any web host (docs/web.md).
set -eu
cd "$(dirname "$0")/.."

# emscripten's scripts are run by node, and look for Debian's packages of it where another node would not.
export NODE_PATH="${NODE_PATH:-/usr/share/nodejs}"
for preset in web-threads web-one-thread; do
    cmake --preset $preset >/dev/null
    cmake --build --preset $preset --target studio_engine
done

site=build/web
rm -rf $site.new
mkdir -p $site.new/web/threads $site.new/web/one-thread $site.new/models
cp studio/*.js studio/*.css studio/*.svg examples/waltz.osu $site.new/
cp studio/web/worker.js studio/web/kept.js studio/web/features.js studio/web/graphics*.js $site.new/web/
cp studio/web/service_worker.js studio/web/manifest.webmanifest $site.new/
for kind in threads one-thread; do
    cp build/web-$kind/studio_engine*.js build/web-$kind/studio_engine.wasm $site.new/web/$kind/
done
model=${OSU_WEB_MODEL:-models/dit-xs.safetensors}
cp "$model" $site.new/models/
version=$(sed -n 's/^project(osu-diffusion VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
policy="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self'; \
img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self' blob:; font-src 'self'; manifest-src 'self'; \
base-uri 'none'; form-action 'none'"
sed -e "s|<html lang=\"en\"|& data-engine=\"worker\" data-model=\"models/$(basename "$model")?$(cksum <"$model" | cut -d' ' -f1)\" data-version=\"$version\"|" \
    -e "s|<meta charset=\"utf-8\" />|&<meta http-equiv=\"Content-Security-Policy\" content=\"$policy\" />|" \
    -e 's|<link rel="icon"|<link rel="manifest" href="manifest.webmanifest" />&|' studio/index.html >$site.new/index.html

# What the service worker keeps for times without a network; one of the two engines is enough.
(cd $site.new && find . -type f ! -path './web/one-thread/*' ! -path './models/*' ! -name files.json | sed 's|^\./||' | sort |
    sed 's/.*/    "&"/' | paste -sd, | sed 's/,/,\n/g; 1s/^/[\n/; $s/$/\n]/') >build/web-files.json
mv build/web-files.json $site.new/files.json
rm -rf $site
mv $site.new $site

# What a visitor loads, as hosts compress it: the engine, and all but the model (tests/studio/web.test.mjs bounds them).
compressed() {
    for file in "$@"; do gzip -9c "$file" | wc -c; done | awk '{sum += $1} END {printf "%.2f MB", sum / 1e6}'
}
echo "$site is ready: $(du -sh $site | cut -f1); compressed, the engine has $(compressed $site/web/threads/*)," \
    "the page with it $(cd $site && compressed $(sed -n 's/.*"\(.*\)".*/\1/p' files.json)), the model $(compressed $site/models/*)"
echo "try it: python3 -m http.server -d $site 8000, then http://localhost:8000"
