#!/usr/bin/env bash
# What surrounds the code: documentation is installed and removed with it, the
# reference and the table of settings are what the database says, versions
# agree, and make help names every target.  Prints TAP.
host=${PGHOST:-}
source "$(dirname "$0")/../tap.sh"
# nothing here changes the cluster: that of make test will do
if [ -n "$host" ]; then export PGHOST=$host PGPORT=5432 PGUSER=postgres; else cluster_start packaging; fi
createdb packaging
psql -qX -d packaging -c 'CREATE EXTENSION mobanon'

# ---- make install, make uninstall
make -s PG_CONFIG="$PG_CONFIG" with_llvm=no install DESTDIR="$WORK/installed" >"$WORK/log" 2>&1 || { cat "$WORK/log"; exit 1; }
pages=$(dirname "$(find "$WORK/installed" -name README.md)")
is "$(cd "$pages" && find . -type f | sort)" "$(printf './%s\n' *.md doc/*.md)" \
	'make install installs README, changes and every guide'
links() { grep -oE '\]\([^)# ]+' "$1" | sed 's/^](//' | grep -v '^https\?:' | sort -u; }
# (bench/results are not in the copy of the tree that tests run in)
broken() { # broken PATTERN: links of the pages below . that lead nowhere
	local page link
	for page in *.md doc/*.md; do
		{ links "$page" | grep -v bench/results | grep -E "$1" || true; } | while read -r link; do [ -e "$(dirname "$page")/$link" ] || echo "$page: $link"; done
	done
}
is "$(cd "$pages" && broken '\.md$')" '' 'the installed pages find each other'
is "$(broken .)" '' 'every link of a page leads somewhere'
make -s PG_CONFIG="$PG_CONFIG" with_llvm=no uninstall DESTDIR="$WORK/installed" >"$WORK/log" 2>&1 || { cat "$WORK/log"; exit 1; }
is "$(find "$WORK/installed" -type f)" '' 'make uninstall leaves no file'

# ---- doc/reference.md
test/reference packaging "$WORK/reference.md"
is "$(diff "$WORK/reference.md" doc/reference.md | head -20)" '' 'doc/reference.md is what make reference writes'
is "$(awk '/^    / { t = 1 } /^### / { if (h != "" && !t && h !~ /operators|type (cell|subject_set)$/) print h; h = $0; t = 0 }' doc/reference.md)" '' \
	'everything in it has a signature'

# ---- doc/operating.md
is "$(sed -nE 's/^\| `(mobanon\.[a-z_]+)` \| ([^|]*) \| ([^|]*) \|.*/\1|\2|\3/p' doc/operating.md | sed 's/`//g' | sort)" \
	"$(sql -F '|' -d packaging -c "SELECT name, CASE WHEN boot_val = '' THEN 'none' ELSE boot_val END,
		CASE context WHEN 'sighup' THEN 'postgresql.conf' WHEN 'superuser' THEN 'superusers' WHEN 'user' THEN 'everybody' END
		FROM pg_settings WHERE name LIKE 'mobanon.%' ORDER BY 1" | sort)" 'the table of settings has every setting, with its default and who may set it'
is "$(grep -oE '^\| `mobanon_[a-z]+` \|' doc/operating.md | grep -oE 'mobanon_[a-z]+' | sort | tr '\n' ' ')" \
	"$(sql -d packaging -c "SELECT rolname FROM pg_roles WHERE rolname LIKE 'mobanon\\_%' ORDER BY 1" | tr '\n' ' ')" 'and that of the roles every role'

# ---- versions
version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" mobanon.control)
json() { python3 -c 'import json, sys; m = json.load(open("META.json")); print(eval(sys.argv[1]))' "$1"; }
is "$(sed -n 's/^EXTVERSION *= *//p' Makefile) $(json 'm["version"]') $(json 'm["provides"]["mobanon"]["version"]') $(sed -n '1s/.*(\(.*\)-.*/\1/p' debian/changelog)" \
	"$version $version $version $version" 'Makefile, META.json and debian/changelog have the version of mobanon.control'
least=$(grep -oE '15\.[0-9]+, 16\.[0-9]+, 17\.[0-9]+' doc/consent.md | head -1 | cut -d, -f1)
is "$(json 'm["prereqs"]["runtime"]["requires"]["PostgreSQL"]') $(json 'm["prereqs"]["build"]["requires"]["PostgreSQL"]')" "$least.0 $least.0" \
	'META.json asks for the minor version that doc/consent.md asks for'
is "$(sed 's/PGVERSION/15/' debian/control.in | diff - debian/control)" '' 'debian/control is made from control.in'

# ---- make help
is "$(sed -nE '/install-pages/d; s/^\.PHONY: //p' Makefile src/*/room.mk | tr ' ' '\n' | sort -u)" \
	"$(make -s PG_CONFIG="$PG_CONFIG" help | awk '{ print $2 }' | grep -vxE 'all|install|uninstall' | sort -u)" 'make help names every target'
dropdb packaging
done_testing
