# Thin over meson: see meson.build for how things are built, test/run for how they are tested.
#
#   make all      build/tminus, optimised
#   make demo     build it and show a NO-GO and a GO on a database of emails
#   make demo-postgres    likewise on PostgreSQL, 2,000,000 emails under live traffic
#   make test     all tests under the sanitizers, and the checks of tool/
#   make check    clang-tidy, cppcheck, clang-format
#   make fuzz     30 s a fuzz target (FUZZ_SECONDS)
#   make bench    measure

.PHONY: all demo demo-postgres test check fuzz bench install clean setup
.DEFAULT_GOAL := all

FUZZ_SECONDS ?= 30

# Undefined behaviour traps, and ASan's handler says where (test/run). Messages of its own would be 15 MB of data that
# each of the tests' thousands of processes relocates, and looks through for leaks: 60 ms a start instead of 20.
SANITIZED = --buildtype=debug -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize-undefined-trap-on-error

all: build/build.ninja
	@ninja -C build --quiet tminus

demo: all
	@examples/mail/demo.sh

demo-postgres: all
	@examples/mail-postgres/demo.sh

test: all build-test/build.ninja
	@ninja -C build-test --quiet
	@test/run

check: build/build.ninja
	@tool/setup check
	@tool/check-style build

fuzz: build-fuzz/build.ninja
	@ninja -C build-fuzz --quiet
	@test/fuzz/run build-fuzz $(FUZZ_SECONDS)

bench: all
	@test/bench/run

install: all
	@meson install -C build --no-rebuild

build/build.ninja: | setup
	@meson setup build --buildtype=release >build-setup.log || { cat build-setup.log; exit 1; }
	@rm build-setup.log

build-test/build.ninja: | setup
	@meson setup build-test $(SANITIZED) >build-setup.log || { cat build-setup.log; exit 1; }
	@rm build-setup.log

build-fuzz/build.ninja:
	@tool/setup check
	@CC=clang meson setup build-fuzz -Dfuzz=true --buildtype=debugoptimized -Db_sanitize=address,undefined \
		-Db_lundef=false >build-setup.log || { cat build-setup.log; exit 1; }
	@rm build-setup.log

setup:
	@tool/setup

clean:
	@rm -rf build build-test build-fuzz
