# test/lib.sh: what `make test`, `make demo` and the benchmarks share.
#
# A throw-away PostgreSQL: its programs are copied, and the extension is
# installed into that copy, so neither an existing cluster nor an installed
# mobanon is ever touched.  Sourced, not run.
#
#   lib_init              finds PostgreSQL (PG_CONFIG=...), installs what is missing
#   lib_build             make, into a copy of the tree below $WORK
#   cluster_start NAME [postgresql.conf lines...]
#   cluster_stop NAME
# Everything lives below $WORK and goes away on exit, also when interrupted.

set -euo pipefail
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export LC_ALL=C.UTF-8 PGTZ=UTC
unset PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS

say() { printf '%s\n' "$*" >&2; }
die() { say "mobanon: $*"; exit 1; }

# The server does not run as root.
if [ "$(id -u)" = 0 ]; then
	as_postgres() { (cd / && exec runuser -u postgres -- "$@"); }
else
	as_postgres() { (cd / && exec "$@"); }
fi

# ---- packages --------------------------------------------------------------

# The major that Debian's own "postgresql" package stands for (15 on Debian 12).
distribution_major() {
	apt-cache policy postgresql 2>/dev/null | sed -n 's/.*Candidate: *\([0-9]*\).*/\1/p'
}

# install PACKAGE...: those that are missing; never upgrades a running server.
install() {
	local missing=() p
	for p in "$@"; do
		[ "$(dpkg-query -W -f='${Status}' "$p" 2>/dev/null)" = "install ok installed" ] || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null || die "these packages are missing, and there is no apt-get to install them: ${missing[*]}"
	[ "$(id -u)" = 0 ] || die "these packages are missing; run as root, or install them: apt-get install ${missing[*]}"
	say "mobanon: installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	# One at a time: the package system has one lock.
	exec 9>"${TMPDIR:-/tmp}/mobanon.apt.lock"
	flock 9
	[ -n "$(find /var/lib/apt/lists -name '*_Packages*' -mmin -1440 2>/dev/null | head -1)" ] ||
		apt-get update -qq >&2
	if grep -qsx postgres /proc/[0-9]*/comm &&
		apt-get install -s --no-install-recommends "${missing[@]}" | grep -q '^Inst postgresql-[0-9]* \['; then
		die "installing ${missing[*]} would upgrade and restart the PostgreSQL server that is running here; upgrade it at a time of your choice (apt-get upgrade), then come back"
	fi
	# A new postgresql-common would make and start a cluster "main": not asked for.
	local conf=/etc/postgresql-common/createcluster.conf made=
	if [ ! -e $conf ]; then
		mkdir -p ${conf%/*}
		echo 'create_main_cluster = false' >$conf
		made=1
	fi
	local rc=0
	apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold \
		"${missing[@]}" >"$WORK/apt.log" 2>&1 </dev/null 9>&- || rc=$?
	[ -z "$made" ] || echo '# PostgreSQL defaults' >$conf
	exec 9>&-
	[ $rc = 0 ] || { tail -20 "$WORK/apt.log" >&2; die "apt-get install failed"; }
}

# ---- finding PostgreSQL ----------------------------------------------------

lib_init() { # lib_init EXTRA_PACKAGE...
	# Below /tmp, where the user postgres can go whatever the checkout's place.
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/mobanon.XXXXXX")
	chmod 755 "$WORK"
	CLUSTERS=()
	trap lib_cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	if [ -z "${PG_CONFIG:-}" ]; then
		local major
		[ -n "$(distribution_major)" ] || { [ "$(id -u)" != 0 ] || apt-get update -qq >&2; }
		major=$(distribution_major)
		[ -n "$major" ] || die "no PostgreSQL found; name one: make $0 PG_CONFIG=/path/to/pg_config"
		install gcc make libc6-dev libssl-dev "postgresql-$major" "postgresql-server-dev-$major" \
			${EXTRA_PACKAGES:+$(echo "$EXTRA_PACKAGES" | sed "s/@MAJOR@/$major/g")}
		PG_CONFIG=/usr/lib/postgresql/$major/bin/pg_config
	elif [ -n "${EXTRA_PACKAGES:-}" ] && command -v apt-get >/dev/null; then
		install $(echo "$EXTRA_PACKAGES" | sed "s/@MAJOR@/$("$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')/g") ||
			say "mobanon: going on without: $EXTRA_PACKAGES"
	fi
	"$PG_CONFIG" --version >/dev/null || die "PG_CONFIG=$PG_CONFIG does not run"
	PGMAJOR=$("$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
	[ -e "$("$PG_CONFIG" --pgxs)" ] || die "$("$PG_CONFIG" --pgxs) is missing: install the server's development files (postgresql-server-dev-$PGMAJOR)"
	export PG_CONFIG PGMAJOR WORK
}

lib_cleanup() {
	local c
	for c in "${CLUSTERS[@]:-}"; do [ -z "$c" ] || cluster_stop "$c" immediate; done
	jobs -p | xargs -r kill 2>/dev/null || true
	if [ -n "${KEEP:-}" ]; then say "mobanon: kept $WORK"; else rm -rf "$WORK"; fi
}

# ---- build and private installation ----------------------------------------

lib_build() {
	local log=$WORK/build.log
	mkdir -p "$WORK/src"
	tar -C "$TOP" --exclude=.git --exclude='*.o' --exclude='*.bc' --exclude='*.so' --exclude=results \
		--exclude=demo/out -cf - . | tar -C "$WORK/src" -xf -
	# Never the install script of an earlier build.
	rm -f "$WORK"/src/mobanon--*.sql
	make -s -j2 -C "$WORK/src" PG_CONFIG="$PG_CONFIG" with_llvm=no COPT="${COPT:-}" >"$log" 2>&1 ||
		{ cat "$log" >&2; die "build failed"; }
	# A newcomer with a newer compiler gets the demo; tests want no warning.
	if [ -z "${WARNINGS_OK:-}" ] && grep -i 'warning' "$log" >&2; then die "the build gives warnings"; fi

	# The server finds its libraries relative to its own program file, so a copy
	# of the programs below another root is an installation of its own.
	ROOT=$WORK/root
	local bin share lib
	bin=$("$PG_CONFIG" --bindir) share=$("$PG_CONFIG" --sharedir) lib=$("$PG_CONFIG" --pkglibdir)
	mkdir -p "$ROOT$bin" "$ROOT$share" "$ROOT$lib"
	cp -aL "$bin"/. "$ROOT$bin/"
	cp -as "$share"/. "$ROOT$share/"
	[ "$lib" = "$bin" ] || cp -as "$lib"/. "$ROOT$lib/"
	# An installed mobanon must not shine through.
	rm -f "$ROOT$lib"/mobanon.so "$ROOT$share"/extension/mobanon*
	make -s -C "$WORK/src" PG_CONFIG="$PG_CONFIG" with_llvm=no COPT="${COPT:-}" install DESTDIR="$ROOT" >>"$log" 2>&1 ||
		{ cat "$log" >&2; die "install failed"; }
	chmod -R a+rX "$ROOT" "$WORK/src"
	BIN=$ROOT$bin
	export BIN ROOT PATH="$BIN:$PATH"
}

# ---- clusters --------------------------------------------------------------

# cluster_start NAME [line...]: initdb, start, and point PGHOST/PGPORT/PGUSER at it.
cluster_start() {
	local name=$1 dir=$WORK/$1 line
	shift
	mkdir -p "$dir"
	head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$dir/root.key"
	chmod 600 "$dir/root.key"
	[ "$(id -u)" != 0 ] || chown -R postgres "$dir"
	as_postgres "$BIN/initdb" -D "$dir/data" -A trust -U postgres -N -E UTF8 --locale=C.UTF-8 >"$WORK/$name.initdb.log" 2>&1 ||
		{ cat "$WORK/$name.initdb.log" >&2; die "initdb failed"; }
	{
		echo "listen_addresses = ''"
		echo "unix_socket_directories = '$dir'"
		echo "port = 5432"
		echo "fsync = off"
		echo "full_page_writes = off"
		echo "shared_buffers = 256MB"
		echo "max_wal_size = 2GB"
		echo "timezone = 'UTC'"
		for line in "$@"; do echo "$line"; done
	} | as_postgres tee -a "$dir/data/postgresql.conf" >/dev/null
	# The place where the root key is looked for when no setting names one.
	as_postgres ln -s "$dir/root.key" "$dir/data/mobanon_root.key"
	CLUSTERS+=("$name")
	# VALGRIND=1 runs the server below valgrind; what it finds goes to valgrind.*.log.
	local server=$BIN/postgres
	if [ -n "${VALGRIND:-}" ]; then
		server=$dir/postgres
		printf '#!/bin/sh\nexec valgrind --quiet --trace-children=yes --leak-check=no --error-markers=FINDING, --log-file=%s/valgrind.%%p.log %s/postgres "$@"\n' \
			"$dir" "$BIN" >"$server"
		chmod 755 "$server"
	fi
	as_postgres "$BIN/pg_ctl" -s -w -t 300 -p "$server" -D "$dir/data" -l "$dir/log" start >/dev/null 2>&1 ||
		{ cat "$dir/log" >&2; die "cluster $name did not start"; }
	export PGHOST=$dir PGPORT=5432 PGUSER=postgres PGDATA_DIR=$dir/data PGLOG=$dir/log
}

cluster_stop() { # cluster_stop NAME [MODE]
	local dir=$WORK/$1
	[ -e "$dir/data/postmaster.pid" ] || return 0
	as_postgres "$BIN/pg_ctl" -s -w -D "$dir/data" -m "${2:-fast}" stop >/dev/null 2>&1 || true
}
