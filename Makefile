# SPDX-License-Identifier: Apache-2.0
# The front door.  Meson does the build; `make help` says what there is.

BUILD = build
MESON_FLAGS =
prefix = /usr/local
DESTDIR =
FUZZ_SECONDS = 600

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

help:
	@echo 'make run       build, verify the bundled samples and show what Signet says'
	@echo 'make check     build and run every test'
	@echo 'make           build only, into $(BUILD)/'
	@echo 'make install   install below $$(DESTDIR)$$(prefix) (prefix=$(prefix))'
	@echo 'make clauses   write docs/clauses.md: which test row holds which clause of the standards'
	@echo 'make vectors   write docs/vectors.md: how the test data of other projects is met'
	@echo 'make mutants   negate every rule in turn; a test row naming its clause must fail'
	@echo 'make fuzz      run every fuzzer for FUZZ_SECONDS ($(FUZZ_SECONDS)) each'
	@echo 'make bench     measure'
	@echo 'make lint      cppcheck, clang-tidy, shellcheck'
	@echo 'make format    clang-format over the tree'
	@echo 'make clean     remove everything that was built'
	@echo 'Missing Debian packages (tools/dependencies) are installed when make runs as root.'

# Meson is set up once; ninja runs it again when a meson.build changes.
$(BUILD)/build.ninja:
	@tools/need build
	meson setup --prefix=$(prefix) $(MESON_FLAGS) $(BUILD)

run: all
	@tools/samples $(BUILD)

# What was installed since the build was set up is looked for again.
check:
	@tools/need build test
	@if [ -f $(BUILD)/build.ninja ] && [ /var/lib/dpkg/status -nt $(BUILD)/build.ninja ]; then meson setup --reconfigure $(BUILD); fi
	$(MAKE) all
	tools/check $(BUILD)

# The rows come from a run of all tests.
clauses vectors: all
	@tools/need test
	meson test -C $(BUILD) --no-rebuild --quiet || true
	tools/$@ --write $(BUILD)

install: $(BUILD)/build.ninja
	meson setup --reconfigure --prefix=$(prefix) -Dwhole=true $(BUILD)
	ninja -C $(BUILD)
	DESTDIR=$(DESTDIR) meson install --no-rebuild -C $(BUILD)

mutants:
	@tools/need build test
	tools/mutants --write $(BUILD)-mutants

fuzz:
	@tools/need build fuzz
	tools/fuzz $(BUILD)-fuzz $(FUZZ_SECONDS)

bench:
	@tools/need build bench
	tools/bench $(BUILD)-bench

lint: all
	@tools/need lint
	tools/lint $(BUILD)

format:
	git ls-files '*.c' '*.h' | xargs clang-format-14 -i

clean:
	rm -rf $(BUILD) $(BUILD)-mutants $(BUILD)-fuzz $(BUILD)-bench $(BUILD)-asan

.PHONY: all help run check clauses vectors install mutants fuzz bench lint format clean
