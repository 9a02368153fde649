#!/usr/bin/env bash
# The shared set of who consents, where sharing does not work: no room in shared memory, a segment that cannot be mapped, a database
# that comes back under the number of a dropped one.  The answer stays right, and nobody waits.
source "$(dirname "$0")/../tap.sh"
# shm_open() of an existing segment fails while the file is there.
cat >"$WORK/shim.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
int
shm_open(const char *name, int flags, mode_t mode)
{
	static int	(*real) (const char *, int, mode_t);

	if (real == 0)
		real = (int (*) (const char *, int, mode_t)) dlsym(RTLD_NEXT, "shm_open");
	if ((flags & O_CREAT) == 0 && access(FAIL, F_OK) == 0)
	{
		errno = EMFILE;
		return -1;
	}
	return real(name, flags, mode);
}
C
fail=$WORK/no-attach
cc -shared -fPIC -DFAIL="\"$fail\"" -o "$WORK/shim.so" "$WORK/shim.c" -ldl
chmod a+rx "$WORK/shim.so"
export LD_PRELOAD=$WORK/shim.so
cluster_start share "shared_preload_libraries = 'mobanon'" "dynamic_shared_memory_type = posix"
unset LD_PRELOAD
# Two databases with the same object numbers, and consents of their own.
sql -d template1 >/dev/null <<'SQL'
CREATE EXTENSION mobanon;
SELECT mobanon.create_purpose('p', 'share', unproven_channels => '{import}'), mobanon.create_purpose('q', 'share', unproven_channels => '{import}');
CREATE TABLE asked AS SELECT (491700000000 + i)::text AS subject FROM generate_series(1, 9000) AS i;
SQL
createdb share
createdb other
export PGDATABASE=share
consents() { # consents DATABASE FROM TO
	sql -d "$1" -c "INSERT INTO mobanon.consent_import (subject, purpose, decided_at) SELECT 491700000000 + i, purpose, '2026-01-01' FROM generate_series($2, $3) AS i, (VALUES ('p'), ('q')) AS v (purpose)" \
		-c 'SELECT mobanon.import_consents()' >/dev/null
}
asked() { echo "SELECT count(*), min(right(subject, 4)) FROM asked WHERE mobanon.consented(subject, '2026-02-01', '${1:-p}')"; }
consents share 1 6000

# No room for the segment: the session keeps a set of its own.
lines=$(wc -l <"$PGLOG")
# Only who owns a process may take from it.
limit='prlimit --pid'
[ "$(id -u)" != 0 ] || limit="runuser -u postgres -- $limit"
got=$(psql -qXAt <<SQL
SELECT pg_backend_pid() AS pid \gset
\setenv PID :pid
\! $limit \$PID --fsize=65536
$(asked);
$(asked);
SQL
)
is "$(xargs <<<"$got")" '6000|0001 6000|0001' 'without room in shared memory the answer is right'
like "$(tail -n +$((lines + 1)) "$PGLOG")" 'LOG:  could not resize shared memory segment' 'and the log says what was missing'

# A segment that is there and cannot be mapped: an error, and no lock stays.  (A new session would fail already at its start.)
got=$(timeout 60 psql -qXAt 2>&1 <<SQL
SELECT count(*) FROM pg_stat_database
\g /dev/null
\! touch $fail
$(asked q);
\! rm $fail
SQL
)
like "$got" 'could not open shared memory segment' 'a segment that cannot be mapped is an error'
is "$(PGOPTIONS='-c statement_timeout=20s' timeout 60 psql -qXAt -c "$(asked q)" -c "$(asked)" | xargs)" '6000|0001 6000|0001' 'and holds up nobody'

# Another database under the number of a dropped one.
consents other 7001 9000
oid=$(sql -d postgres -c "SELECT oid FROM pg_database WHERE datname = 'share'")
is "$(sql -d other -c "$(asked)")" '2000|7001' 'another database has its own'
sql -d template1 -c 'DROP DATABASE share' -c "CREATE DATABASE share TEMPLATE other OID = $oid" >/dev/null
is "$(sql -c "$(asked)")" '2000|7001' 'and so has the one that comes back under the number of a dropped one'
done_testing
