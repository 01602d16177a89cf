#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# trace.sh PROGRAM: libsignet opens no file and writes nothing while it checks.  Runs test_no_io under
# strace; between its two markers only calls about memory may stand.  Prints the rows of the program and one more.
set -u
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

if ! strace -o "$log" true >/dev/null 2>&1; then
	echo "1..0 # SKIP no strace here, or it may not trace"
	exit 0
fi
rows=$(strace -f -o "$log" "$1") || {
	echo "$rows"
	exit 1
}
count=$(echo "$rows" | grep -c '^ok')
between=$(awk '/getpgid\(1365704705\)/ { inside = 1; next } /getpgid\(1365704706\)/ { inside = 0; seen = 1 } inside
	END { if (!seen) print "the markers are missing" }' "$log")
strange=$(echo "$between" | grep -vE '^([0-9]+ +)?(brk|mmap|munmap|mremap|madvise|futex)\(|^$')
echo "$rows" | grep -v '^1\.\.'
count=$((count + 1))
if [ -z "$strange" ]; then
	echo "ok $count - -: between the markers there are only calls about memory"
else
	echo "not ok $count - -: between the markers there are only calls about memory"
	echo "$strange" | head -20 | sed 's/^/# /'
	exit_status=1
fi
echo "1..$count"
exit "${exit_status:-0}"
