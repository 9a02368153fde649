#!/usr/bin/env bash
# The algorithms without the database, under AddressSanitizer and UBSan:
# test/c/pseudonym_pure.c, which prints the TAP.
source "$(dirname "$0")/../tap.sh"
include=$("$PG_CONFIG" --includedir-server)
if ! ${CC:-gcc} -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -I"$TOP/src" -isystem "$include" \
	-o "$WORK/pure" "$TOP"/test/c/pseudonym_pure.c "$TOP"/src/pseudonym/{hmac,wrap,msisdn,msisdn_plan}.c \
	-L"$("$PG_CONFIG" --libdir)" -L"$("$PG_CONFIG" --pkglibdir)" -lpgcommon -lpgport -lcrypto -lm >"$WORK/cc.log" 2>&1; then
	if grep -qE 'cannot find -l(asan|ubsan|pgport|pgcommon)' "$WORK/cc.log"; then
		skip "sanitizers" "$(grep -m1 'cannot find' "$WORK/cc.log")"
	else
		result 1 "builds" "$(cat "$WORK/cc.log")"
	fi
	done_testing
	exit
fi
"$WORK/pure" "${FUZZ:-300000}" 2>&1
