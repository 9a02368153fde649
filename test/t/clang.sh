#!/usr/bin/env bash
# The second compiler: clang, which server-dev brings along, gives no warning either.
set -euo pipefail
clang=$(ls /usr/bin/clang-[0-9]* /usr/bin/clang 2>/dev/null | sort -V | tail -1 || true)
echo 1..1
if [ -z "$clang" ]; then
	echo "ok 1 # SKIP no clang here"
	exit 0
fi
copy=$(mktemp -d "${TMPDIR:-/tmp}/mobanon-clang.XXXXXX")
trap 'rm -rf "$copy"' EXIT
cp -r Makefile mobanon.control src update "$copy"/ 2>/dev/null || cp -r Makefile mobanon.control src "$copy"/
rm -f "$copy"/src/*.o "$copy"/src/*/*.o
# gcc's flags that clang does not know come from pg_config, not from here.
if make -s -C "$copy" PG_CONFIG="$PG_CONFIG" with_llvm=no CC="$clang" COPT='-Wno-unknown-warning-option -Wno-unused-command-line-argument -Wno-ignored-optimization-argument' >"$copy/log" 2>&1 && ! grep -q 'warning' "$copy/log"; then
	echo "ok 1 - $("$clang" --version | head -1) compiles without a warning"
else
	sed 's/^/# /' "$copy/log" | head -40
	echo "not ok 1 - clang gives warnings or errors"
fi
