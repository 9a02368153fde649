#!/usr/bin/env bash
# Where the root key may come from, who may see where, and what is refused: with
# and without preloading, file, command and link, and in FIPS mode.
source "$(dirname "$0")/../tap.sh"
mkdir -p "$WORK/keys" "$WORK/conf"
chmod 755 "$WORK/keys" "$WORK/conf"
new_root_key "$WORK/keys/good"
: >"$WORK/conf/mobanon.conf"
[ "$(id -u)" != 0 ] || chown -R postgres "$WORK/conf" "$WORK/keys"
p() { sql -c "SELECT mobanon.pseudonymize('491713920012', 'd', '2024-01-01') IS NOT NULL" 2>&1; }
configure() { printf '%s\n' "$@" >"$WORK/conf/mobanon.conf"; sql -c 'SELECT pg_reload_conf()' >/dev/null; sleep 0.2; }
restart() { as_postgres "$BIN/pg_ctl" -s -w -D "$PGDATA_DIR" -l "$PGLOG" restart >/dev/null 2>&1; }

# ---- not preloaded -----------------------------------------------------------
cluster_start plain "include = '$WORK/conf/mobanon.conf'"
export PGDATABASE=postgres
sql -c 'CREATE EXTENSION mobanon' -c 'CREATE ROLE analyst LOGIN'
# the library is first touched by a function, so that nothing has read a setting before
is "$(sql -c "SELECT mobanon.create_domain('d', '1 day', '2024-01-01 00:00+00', '2024-01-03 00:00+00')" 2>&1)" "" "without preloading, the link in the data directory gives the root key"
is "$(p)" t "and pseudonyms are made"
configure "mobanon.root_key_file = '$WORK/keys/good'"
like "$(p)" 'root_key_file is set, but mobanon is not in shared_preload_libraries' "a setting that everybody could read is refused"
configure "mobanon.root_key_command = 'cat $WORK/keys/good'"
like "$(p)" 'root_key_command is set, but mobanon is not in shared_preload_libraries' "so is the command"
configure ""
# what a user sets before the library is loaded does not choose the key
printf '%064d' 0 >"$WORK/keys/users"
chmod 644 "$WORK/keys/users"
out=$(sql -c "SET mobanon.root_key_file = '$WORK/keys/users'" -c "SELECT mobanon.key_fingerprint()" 2>&1 || true)
like "$out" "$(sql -c 'SELECT mobanon.key_fingerprint()')|cannot be changed" "SET before loading does not choose the key"
like "$(sql -U analyst -c "LOAD 'mobanon'" -c 'SET mobanon.root_key_file = 1' 2>&1)" 'permission denied|cannot be changed|not allowed' "nor does SET after loading"
like "$(sql -c "LOAD 'mobanon'" -c "ALTER SYSTEM SET mobanon.root_key_command = 'x'" 2>&1)" 'cannot be changed' "ALTER SYSTEM does not put the command into the data directory"
like "$(sql -c "LOAD 'mobanon'" -c "ALTER DATABASE postgres SET mobanon.root_key_file = 'x'" 2>&1)" 'cannot be changed' "nor can a database or role carry it (pg_db_role_setting)"

# ---- preloaded ---------------------------------------------------------------
echo "shared_preload_libraries = 'mobanon'" | as_postgres tee -a "$PGDATA_DIR/postgresql.conf" >/dev/null
restart
is "$(p)" t "preloaded: the link works as before"
link=$(sql -c 'SELECT mobanon.key_fingerprint()')
cp -p "$WORK/plain/root.key" "$WORK/keys/same"
configure "mobanon.root_key_file = '$WORK/keys/same'"
is "$(p)" t "root_key_file"
is "$(sql -c 'SELECT mobanon.key_fingerprint()')" "$link" "the same key has the same fingerprint"
configure "mobanon.root_key_command = 'cat $WORK/keys/same'"
is "$(p)" t "root_key_command"
for role in analyst; do
	like "$(sql -U $role -c 'SHOW mobanon.root_key_command' 2>&1)" 'must be superuser|permission denied' "SHOW of the command is refused to $role"
	is "$(sql -U $role -c "SELECT count(*) FROM pg_settings WHERE name LIKE 'mobanon.%root_key%'")" 0 "nor does pg_settings show it"
	like "$(sql -U $role -c "SELECT current_setting('mobanon.root_key_command', true)" 2>&1)" 'must be superuser|permission denied' "nor current_setting()"
	like "$(sql -U $role -c 'SELECT * FROM pg_file_settings' 2>&1)" 'permission denied' "nor pg_file_settings"
done
is "$(sql -c 'SHOW mobanon.root_key_command')" "cat $WORK/keys/same" "a superuser sees it"
configure "mobanon.root_key_command = 'cat $WORK/keys/same'" "mobanon.root_key_file = '$WORK/keys/same'"
like "$(p)" 'both mobanon.root_key_file and mobanon.root_key_command are set' "both at once are refused"

# ---- bad keys and files ------------------------------------------------------
bad() { # bad NAME PATTERN: the file keys/bad
	[ "$(id -u)" != 0 ] || chown -h "${OWNER:-postgres}" "$WORK/keys/bad"
	configure "mobanon.root_key_file = '$WORK/keys/bad'"
	like "$(p)" "$2" "$1"
}
key=$(cat "$WORK/keys/same")
printf '%s' "$key" >"$WORK/keys/bad"; chmod 640 "$WORK/keys/bad"
bad "readable by the group" 'has group or world access'
chmod 604 "$WORK/keys/bad"
bad "readable by the world" 'has group or world access'
chmod 600 "$WORK/keys/bad"
bad "without a final newline it is fine" '^t$'
if [ "$(id -u)" = 0 ]; then
	chmod 600 "$WORK/keys/bad"
	OWNER=daemon bad "owned by somebody else" 'could not open|must be owned'
	chown root:postgres "$WORK/keys/bad"; chmod 640 "$WORK/keys/bad"
	OWNER=root:postgres bad "owned by root, readable by the group" '^t$'
	chmod 600 "$WORK/keys/bad"
else
	skip "files of other owners" "needs root"
fi
for case in "${key:1}:a digit short" "${key}0:a digit long" "${key:0:63}x:no hexadecimal digit" ":empty" "$key $key:two keys"; do
	printf '%s' "${case%%:*}" >"$WORK/keys/bad"
	bad "${case##*:}" 'does not give a root key'
	unlike "$(p)" "${key:4:20}" "${case##*:}: the message does not show it"
done
rm "$WORK/keys/bad"; mkdir "$WORK/keys/bad"
bad "a directory" 'is not a regular file|could not open'
rmdir "$WORK/keys/bad"; as_postgres mkfifo "$WORK/keys/bad"
bad "a pipe that nobody writes to" 'is not a regular file'
rm "$WORK/keys/bad"
configure "mobanon.root_key_file = '$WORK/keys/none'"
like "$(p)" 'could not open root key file' "missing"
as_postgres cp "$WORK/keys/same" "$PGDATA_DIR/inside.key"
configure "mobanon.root_key_file = 'inside.key'"
like "$(p)" 'is in the data directory' "in the data directory"
as_postgres ln -sf "$PGDATA_DIR/inside.key" "$WORK/keys/link"
configure "mobanon.root_key_file = '$WORK/keys/link'"
like "$(p)" 'is in the data directory' "in the data directory, through a link"
as_postgres rm "$PGDATA_DIR/inside.key"
configure "mobanon.root_key_command = 'echo a-secret-token; false'"
like "$(p)" 'mobanon.root_key_command failed' "a command that fails"
unlike "$(p)" 'secret' "the message shows neither the command nor what it printed"
configure "mobanon.root_key_command = 'exec sleep 0.2; cat $WORK/keys/same'"
like "$(p)" 'does not give a root key' "a command that prints nothing"
configure "mobanon.root_key_command = 'yes'"
like "$(p)" 'root_key_command failed|does not give a root key' "a command that prints without end"
configure "mobanon.root_key_command = 'sleep 60'"
started=$SECONDS
like "$(sql -c "SET statement_timeout = '300ms'" -c "SELECT mobanon.pseudonymize('1', 'd', '2024-01-01')" 2>&1)" 'root_key_command failed|statement timeout' "a command that hangs is ended by statement_timeout"
ok "within seconds" test $((SECONDS - started)) -lt 20
new_root_key "$WORK/keys/other"
configure "mobanon.root_key_file = '$WORK/keys/other'"
like "$(p)" 'is not the one that wrapped the keyring' "another root key"
# every SQLSTATE
code() { psql -qXAt -v VERBOSITY=sqlstate -c "SELECT mobanon.pseudonymize('1', 'd', '2024-01-01')" 2>&1; }
like "$(code)" 'MP004' "another root key: MP004"
configure "mobanon.root_key_file = '$WORK/keys/none'"
like "$(code)" 'MP003' "no root key: MP003"

# ---- the root key is replaced while the server runs --------------------------
configure "mobanon.root_key_file = '$WORK/keys/other'" "mobanon.previous_root_key_file = '$WORK/keys/same'"
is "$(p)" t "with the previous root key named, pseudonyms are made before anything is wrapped anew"
is "$(sql -c 'SELECT mobanon.rewrap_keys()')" 2 "rewrap_keys() wraps them by the new one"
is "$(sql -c 'SELECT mobanon.rewrap_keys()')" 0 "and has nothing more to do"
configure "mobanon.root_key_file = '$WORK/keys/other'"
is "$(p)" t "then the previous one is not needed any more"

# ---- FIPS --------------------------------------------------------------------
fips=$(find /usr/lib /usr/local/lib -name fips.so -path '*ossl-modules*' 2>/dev/null | head -1)
if [ -n "$fips" ]; then
	openssl fipsinstall -module "$fips" -out "$WORK/conf/fips.cnf" >/dev/null 2>&1
	cat >"$WORK/conf/openssl.cnf" <<-CNF
		openssl_conf = init
		.include $WORK/conf/fips.cnf
		[init]
		providers = providers
		alg_section = algorithms
		[providers]
		base = base
		fips = fips_sect
		[base]
		activate = 1
		[algorithms]
		default_properties = fips=yes
	CNF
	chmod 644 "$WORK/conf/"*
	as_postgres "$BIN/pg_ctl" -s -w -D "$PGDATA_DIR" -m fast stop >/dev/null 2>&1
	as_postgres env OPENSSL_CONF="$WORK/conf/openssl.cnf" "$BIN/pg_ctl" -s -w -D "$PGDATA_DIR" -l "$PGLOG" start >/dev/null 2>&1
	like "$(sql -c "SELECT md5('x')" 2>&1)" 'could not compute MD5|unsupported|disabled' "FIPS mode is on: no MD5"
	is "$(p)" t "FIPS mode: pseudonyms are made"
	is "$(sql -c "SELECT mobanon.create_domain('fips', '1 day')" 2>&1)" "" "FIPS mode: keys are made and wrapped"
	is "$(sql -c "SELECT mobanon.pseudonymize('1', 'fips', now()) IS NOT NULL" 2>&1)" t "FIPS mode: and opened"
else
	skip "FIPS mode" "this OpenSSL has no fips.so (Debian 13 has: openssl-provider-fips)"
fi
done_testing
