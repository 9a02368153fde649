#!/usr/bin/env bash
# Tables with totals against their readers: what kanon_table() shows of random tables (test/kanon_table.sql), and plain
# suppression of the same, attacked with linear programs (test/kanon_table_lp.py).  TABLES=25 is the long form (make kanon-table).
source "$(dirname "$0")/../tap.sh"
if ! command -v glpsol >/dev/null; then
	skip "tables with totals against linear programs" "no glpsol: apt-get install glpk-utils"
	done_testing
	exit 0
fi
cluster_start lp
createdb kanon_table
psql -qX -v ON_ERROR_STOP=1 -d kanon_table -c 'CREATE EXTENSION mobanon'
psql -qX -v ON_ERROR_STOP=1 -v tables="${TABLES:-2}" -v k=5 -d kanon_table -f "$TOP/test/kanon_table.sql"
sql -d kanon_table -c 'SELECT * FROM tables' | python3 "$TOP/test/kanon_table_lp.py" >"$WORK/bounds" || note "$(cat "$WORK/bounds")"

# total COLUMN PATTERN: of the tables whose name matches
total() { awk -F'|' -v c="$1" -v p="$2" '$1 ~ p { n += $c } END { print n + 0 }' "$WORK/bounds"; }
ours='^[^n]' naive='^naive'
is "$(wc -l <"$WORK/bounds")" "$(sql -d kanon_table -c 'SELECT 2 * count(DISTINCT (shape, seed)) FROM counted')" "every table was attacked, ours and plain suppression's"
note "$(total 2 "$ours") withheld rows of $(grep -c "$ours" "$WORK/bounds") tables, of six shapes, k = 5; plain suppression: $(total 2 "$naive"), of which $(total 4 "$naive") can be bounded closer than k"
is "$(total 4 "$ours")" 0 "no withheld row can be bounded closer than k, by linear programs"
is "$(total 7 "$ours")" 0 "no sum that can be computed is of fewer than k people"
is "$(total 5 "$ours") $(total 5 "$naive")" "0 0" "table_bounds() is never narrower than a linear program: what it excludes is impossible"
ok "of plain suppression most withheld rows are computed ($(total 4 "$naive") of $(total 2 "$naive"))" test $((2 * $(total 4 "$naive"))) -gt "$(total 2 "$naive")"
ok "and groups of fewer than k people with them ($(total 7 "$naive"))" test "$(total 7 "$naive")" -gt 10
# What audit_table() calls too close is too close for the program, too; it finds all of plain suppression's.
is "$(sql -d kanon_table -c "SELECT count(*) FROM bounded WHERE shown IS NULL AND upper(bounds) - lower(bounds) < 5")" 0 "table_bounds() finds nothing in ours"
found=$(sql -d kanon_table -c "SELECT count(*) FROM bounded WHERE naive IS NULL AND upper(naive_bounds) - lower(naive_bounds) < 5")
ok "table_bounds() finds at least 19 of 20 that the programs find in plain suppression ($found of $(total 4 "$naive"))" test $((20 * found)) -ge $((19 * $(total 4 "$naive")))
cluster_stop lp
done_testing
