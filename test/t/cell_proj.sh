#!/usr/bin/env bash
# The pure C of the grids, built with AddressSanitizer and UBSan: round trips and
# malformed input by itself, and the European grid beside PROJ (Debian's proj-bin).
# POINTS=n (make test: 100000; make test-cell: a million).
source "$(dirname "$0")/../tap.sh"
POINTS=${POINTS:-100000}
SOURCES="test/c/cell_check.c src/cell/resolution.c src/cell/laea.c src/cell/mercator.c src/cell/cell_code.c src/cell/cell_grid.c src/cell/cell_box.c"
check=$WORK/cell_check
PARAMETERS="+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80 +units=m"

# shellcheck disable=SC2086
(cd "$TOP" && cc -g -O1 -ffp-contract=off -Wall -Wextra -fsanitize=address,undefined -fno-sanitize-recover=all -o "$check" $SOURCES -lm) ||
	{ not_ok "builds with the sanitizers" true; done_testing; exit 0; }

# Takes over the lines of a program that prints TAP itself; an end without a plan is a failure.
take_over() { # take_over NAME COMMAND...
	local name=$1 out=$WORK/out line
	shift
	"$@" >"$out" 2>&1 || true
	while IFS= read -r line; do
		case $line in
		'ok '*) result 0 "${line#ok * - }" ;;
		'not ok '*) result 1 "${line#not ok * - }" ;;
		'# '*) note "${line#\# }" ;;
		esac
	done <"$out"
	if ! grep -q '^1\.\.' "$out"; then result 1 "$name came to its end" "$(tail -20 "$out")"; fi
}

take_over "cell_check self" "$check" self "$POINTS"

command -v proj >/dev/null || (install proj-bin) >/dev/null 2>&1 || true
if ! command -v proj >/dev/null; then
	skip "comparison with PROJ" "proj (Debian: proj-bin) is not installed"
else
	note "$POINTS random points, PROJ $(proj 2>&1 | sed -n 's/^Rel\. \([0-9.]*\),.*/\1/p')"
	"$check" points "$POINTS" >"$WORK/points"
	# shellcheck disable=SC2086
	proj -f %.9f $PARAMETERS <"$WORK/points" >"$WORK/metres"
	take_over "cell_check forward" "$check" forward "$WORK/points" "$WORK/metres"
	"$check" grid "$POINTS" >"$WORK/grid"
	"$check" inverse "$WORK/grid" >"$WORK/degrees"
	# shellcheck disable=SC2086
	proj -f %.9f $PARAMETERS <"$WORK/degrees" >"$WORK/back"
	take_over "cell_check back" "$check" back "$WORK/grid" "$WORK/back"
fi
done_testing
