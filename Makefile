# The doors. Each installs what is missing (Debian packages), builds, and does its thing.
#   make demo    remap an example map with the bundled model, and draw it
#   make studio  open the workbench in the browser
#   make test    build and run every test
#   make web     the studio as a folder that any web host serves, build/web
#   make bundle  an archive of the program that runs without Debian's packages
#   make bench   print the tables of measurements, and write build/bench.json
#   make install the program, its model, man pages and completions, into PREFIX (default /usr/local), below DESTDIR
#   make deb     a package for apt, named at the end
#   make lint    clang-tidy on what differs from main
#   make fuzz    fuzz every reader of files (FUZZ_SECONDS each, default 60)
.PHONY: all deps build mpi browser program studio test asan asan-readers check-format lint bench bundle web manual install deb fuzz demo format clean

FUZZ_SECONDS ?= 60

all: build

deps:
	@./scripts/install-deps.sh

build: deps
	@cmake --preset release >/dev/null
	@cmake --build --preset release

# For the tests of training on several processes.
mpi:
	@./scripts/install-deps.sh libopenmpi-dev openmpi-bin

# For the tests of the studio's page. Where a system has no such package (Ubuntu's Chromium is none), they skip.
browser:
	@for wanted in node:nodejs npm:npm chromium:chromium; do \
		command -v "$${wanted%%:*}" >/dev/null || ./scripts/install-deps.sh "$${wanted##*:}" || \
			echo "the tests of the studio's page will be skipped"; \
	done

# The program alone, without tests and benchmarks.
program: deps
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target osu-diffusion

test: mpi browser build
	@if ./scripts/install-deps.sh emscripten; then ./scripts/web.sh; else echo "skipped: the studio for browsers"; fi
	@cd build/release && OMP_WAIT_POLICY=passive ctest --output-on-failure -j2

asan: mpi browser deps
	@cmake --preset asan >/dev/null && cmake --build --preset asan
	@cd build/asan && OMP_WAIT_POLICY=passive ctest --output-on-failure -j2

# The readers of files from outside alone: minutes instead of half an hour.
asan-readers: deps
	@cmake --preset asan >/dev/null
	@cmake --build --preset asan --target archive_test beatmap_test data_test sequence_test
	@cd build/asan && OMP_WAIT_POLICY=passive ctest --output-on-failure -j2 -R '^(archive|beatmap|data|sequence)\.'

bench: build
	@./scripts/bench.sh

bundle: program
	@./scripts/bundle.sh

web:
	@./scripts/install-deps.sh emscripten
	@./scripts/web.sh

PREFIX ?= /usr/local

# The program as it is installed, with its pages. No tests.
manual: program
	@cmake --build --preset release --target manual

install: manual
	@DESTDIR=$(DESTDIR) cmake --install build/release --prefix $(PREFIX) >/dev/null
	@echo "$(DESTDIR)$(PREFIX)/bin/osu-diffusion is installed: osu-diffusion --help"

deb:
	@./scripts/install-deps.sh file fakeroot dpkg-dev libopenmpi-dev
	@$(MAKE) --no-print-directory manual
	@cd build/release && fakeroot cpack >package.log 2>&1 || { cat package.log; exit 1; }
	@ls build/release/package/*.deb

fuzz:
	@./scripts/install-deps.sh clang libclang-rt-14-dev libomp-14-dev
	@cmake --preset fuzz >/dev/null && cmake --build --preset fuzz
	@./scripts/fuzz.sh $(FUZZ_SECONDS)

demo: program
	@./scripts/demo.sh

sources = git ls-files 'src/*.h' 'src/*.cpp' 'src/*.cu' 'src/*.cuh' 'tests/*.h' 'tests/*.cpp' 'bench/*.h' 'bench/*.cpp' 'fuzz/*.cpp'

format:
	@$(sources) | xargs clang-format -i

check-format:
	@./scripts/install-deps.sh clang-format
	@$(sources) | xargs clang-format --dry-run -Werror

# MAP=…: with this .osz, .osu or folder.
studio: program
	@build/release/osu-diffusion studio $(MAP)

# Of the sources that differ from main; LINT_ALL=1 make lint: of all.
lint: deps
	@./scripts/install-deps.sh clang-tidy
	@cmake --preset release >/dev/null
	@./scripts/lint.sh

clean:
	rm -rf build
