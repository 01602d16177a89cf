#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# test_install.sh BUILD SOURCE: installs into a folder of its own and builds against what was installed, as a stranger
# would: every public header alone, then every example with pkg-config.  Prints TAP.
set -u
build=$1
source=$2
root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT
count=0
bad=0

# row SENTENCE COMMAND...: good if the command ends well; what it printed is shown if not.
row() {
	sentence=$1
	shift
	count=$((count + 1))
	if "$@" >"$root/log" 2>&1; then
		echo "ok $count - -: $sentence"
	else
		bad=1
		echo "not ok $count - -: $sentence"
		sed 's/^/# /' "$root/log"
	fi
}

install() {
	DESTDIR=$root/image meson install -C "$build" --no-rebuild --quiet
}

# Where pkg-config and the loader find the installed tree.
use_image() {
	pc=$(find "$root/image" -name libsignet.pc)
	lib=$(dirname "$(find "$root/image" -name 'libsignet.so' | head -1)")
	PKG_CONFIG_PATH=$(dirname "$pc")
	export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR="$root/image" LD_LIBRARY_PATH="$lib"
	[ -n "$pc" ]
}

compile_header() {
	# shellcheck disable=SC2046 # words of the compiler
	echo "#include <signet/$1>" | cc -x c -std=c17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only \
		$(pkg-config --cflags libsignet) -
}

compile_example() {
	# shellcheck disable=SC2046,SC2086 # words of the compiler
	cc -std=c17 -Wall -Wextra -Werror "$source/examples/$1.c" -o "$root/$1" $(pkg-config --cflags --libs $2)
}

runs_well() {
	"$root/$1" </dev/null >"$root/out" && [ -s "$root/out" ]

}

row "meson install works" install
row "libsignet.pc is installed" use_image
starts_role() {
	"$(find "$root/image" -path '*/bin/signet')" signer --help | grep -q 'usage: signet signer'
}

row "the installed command finds its roles" starts_role
for header in "$source"/include/signet/*.h; do
	name=$(basename "$header")
	row "<signet/$name> is installed and compiles alone" compile_header "$name"
done
for example in "$source"/examples/*.c; do
	if [ ! -f "$example" ]; then
		continue
	fi
	name=$(basename "$example" .c)
	library=libsignet
	if grep -q 'signet/resolve.h' "$example"; then
		library=libsignet-resolve
	fi
	row "examples/$name.c builds against the installed library" compile_example "$name" "$library"
	row "examples/$name.c runs and prints something" runs_well "$name"
done
echo "1..$count"
exit "$bad"
