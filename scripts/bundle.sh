#!/bin/sh
# Makes one archive that runs where Debian's packages are not and cannot be installed, such as on a cluster: the
# program of a build, which has the bundled model inside, and the libraries that it needs but those of C, of GPUs and of
# MPI, which are the machine's own. scripts/bundle.sh [BUILD [PROGRAM …]]: build/release and osu-diffusion, unless others
# are named. Smaller: a build for one kind of GPU (the preset cuda-h100, or any other with
# -DCMAKE_CUDA_ARCHITECTURES=80-real).
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/release}
[ $# -gt 0 ] && shift
programs=${*:-osu-diffusion}
name=osu-diffusion-$(basename "$build")
folder=build/bundle/$name
archive=build/bundle/$name.tar.gz

for program in $programs; do
    [ -x "$build/$program" ] && continue
    echo "error: there is no program $build/$program" >&2
    echo "hint: build it first, with cmake --build $build --target $program" >&2
    exit 1
done
rm -rf "$folder"
mkdir -p "$folder/lib"
for program in $programs; do
    strip -o "$folder/$program" "$build/$program"
    ldd "$build/$program" >>"$folder/needed"
done
if grep "not found" "$folder/needed" >&2; then
    echo "error: these libraries are missing here" >&2
    exit 1
fi
awk '$3 ~ /^\// { print $3 }' "$folder/needed" | sort -u |
    grep -v -E '/(ld-linux|libc|libm|libdl|librt|libpthread|libresolv|libcuda|libnvidia|libnccl|libmpi)[.-]' |
    while read -r library; do cp -L "$library" "$folder/lib/"; done
rm "$folder/needed"
if [ -f "$build/osu-diffusion-mpi.so" ]; then cp "$build/osu-diffusion-mpi.so" "$folder/"; fi
cp README.md LICENSE "$folder/"
tar -C build/bundle -I 'gzip -9' -cf "$archive.part" "$name"
mv "$archive.part" "$archive"
echo "$archive, $(du -h "$archive" | cut -f1)"
