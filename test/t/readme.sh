#!/usr/bin/env bash
# README.md: its walk-through is what sql/walkthrough.sql prints, and what it
# refers to exists.
set -euo pipefail
cd "$(dirname "$0")/../.."
N=0
ok() { N=$((N + 1)); if [ "$1" = "$2" ]; then echo "ok $N - $3"; else echo "not ok $N - $3"; diff <(echo "$2") <(echo "$1") | sed 's/^/# /'; fi; }

# Without blank lines, and without the tables that psql prints for functions without a result.
plain() {
	awk '{ line[NR] = $0 }
	END {
		for (i = 1; i <= NR; i++) {
			if (line[i] ~ /^ [a-z_]+ *$/ && line[i + 1] ~ /^-+$/ && line[i + 2] ~ /^ *$/ && line[i + 3] == "(1 row)") i += 3
			else if (line[i] !~ /^ *$/) print line[i]
		}
	}' | sed 's/ *$//'
}
# the blocks of the section, one after the other
shown() { awk '/^## /{on = /^## Five minutes in SQL/} on && /^```/{block = !block; next} on && block' README.md | plain; }
printed() { sed -n '/^-- README from here/,/^-- README to here/p' expected/walkthrough.out | sed '1d;$d' | plain; }
ok "$(shown)" "$(printed)" 'the walk-through shows what the regression test prints'
ok "$(printed | wc -l | awk '{ print ($1 > 40) }')" 1 'and that is a story, not nothing'

ok "$(grep -oE '\]\([^)#]+\)' README.md | sed 's/^](//; s/)$//' | grep -v '^https\?:' | sort -u | while read -r f; do [ -e "$f" ] || echo "$f"; done)" '' \
	'every file that README links to is there'
ok "$(grep -oE '^    make [a-z]+' README.md | while read -r _ target; do grep -q "^$target:" Makefile || echo "$target"; done)" '' \
	'every command is a target of the Makefile'
# a promise without a test is none
ok "$(awk '/^## /{on = /^## What it protects against/} on && /^\| [A-Z]/ && !/\]\((test|sql)\//' README.md)" '' \
	'every promise names a test'
ok "$(grep -oE '`[A-Z_]+=' README.md | tr -d '`=' | sort -u | grep -v PG_CONFIG | while read -r v; do grep -q "^#   $v " demo/run || [ "$v" = EVENTS ] || echo "$v"; done)" '' \
	'every setting of the demo is explained in demo/run'
echo "1..$N"
