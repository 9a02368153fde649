#!/usr/bin/env bash
# Malformed subject sets, text and binary, under AddressSanitizer: test/fuzz/subject_set_fuzz.c.
# KANON_FUZZ_INPUTS=1000000 is the long form (make kanon-fuzz).
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sanitizers='-fsanitize=address,undefined -fno-sanitize-recover=all'
${CC:-cc} -x c - -o "$dir/probe" $sanitizers <<<'int main(void) { return 0; }' 2>/dev/null && "$dir/probe" ||
	{ echo "# no AddressSanitizer here: bounds are not watched"; sanitizers=; }
${CC:-cc} -std=c99 -g -O1 -Wall -Wextra -Werror $sanitizers -Isrc -o "$dir/fuzz" \
	test/fuzz/subject_set_fuzz.c src/kanon/subject_set.c src/kanon/subject_set_text.c
"$dir/fuzz" "${KANON_FUZZ_INPUTS:-50000}" "${SEED:-1}"
