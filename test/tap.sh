# test/tap.sh: for the programs in test/t/: TAP, and clusters of one's own.
# Sourced.  Runs inside `make test` and, built anew, alone: bash test/t/NAME.sh
#
#   is GOT WANT NAME        equal
#   like TEXT REGEX NAME    matches / unlike: does not
#   ok NAME COMMAND...      the command succeeds / not_ok: fails
#   skip NAME REASON        said, not silent
#   note TEXT               shown in the output of make test
#   sql [psql option...]    psql, unaligned; stops at errors
#   done_testing
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [ -z "${BIN:-}" ]; then
	lib_init
	lib_build
else
	CLUSTERS=()
	WORK=$(mktemp -d "$WORK/t.XXXXXX")
	chmod 755 "$WORK"
	trap lib_cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
fi

TAP_N=0
result() { # result STATUS NAME [TEXT]
	TAP_N=$((TAP_N + 1))
	if [ "$1" = 0 ]; then
		echo "ok $TAP_N - $2"
	else
		echo "not ok $TAP_N - $2"
		[ -z "${3:-}" ] || printf '%s\n' "$3" | sed 's/^/#   /'
	fi
}
is() { if [ "$1" = "$2" ]; then result 0 "$3"; else result 1 "$3" "got:  $1"$'\n'"want: $2"; fi; }
like() { if [[ $1 =~ $2 ]]; then result 0 "$3"; else result 1 "$3" "got: $1"$'\n'"want something like: $2"; fi; }
unlike() { if [[ $1 =~ $2 ]]; then result 1 "$3" "got: $1"; else result 0 "$3"; fi; }
ok() { local name=$1 rc=0; shift; "$@" >/dev/null 2>&1 || rc=$?; result $rc "$name"; }
not_ok() { local name=$1 rc=1; shift; "$@" >/dev/null 2>&1 || rc=0; result $rc "$name"; }
skip() { TAP_N=$((TAP_N + 1)); echo "ok $TAP_N - $1 # SKIP $2"; note "skipped: $1: $2"; }
note() { printf '# %s\n' "$*"; }
sql() { psql -qXAt -v ON_ERROR_STOP=1 "$@"; }
done_testing() { echo "1..$TAP_N"; }

# ---- keys, as somebody sees them who has the root key and the machine --------

# unwrap ROOTHEX WRAPPEDHEX: the key, in hexadecimal.  GCM's first block counts from 2.
unwrap() {
	python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))' "${2:26:64}" |
		openssl enc -d -aes-256-ctr -K "$1" -iv "${2:2:24}00000002" -nopad | od -An -v -tx1 | tr -d ' \n'
}

# wrapped_key DOMAIN EPOCH: what the keyring holds.
wrapped_key() {
	sql -c "SELECT encode(wrapped_key, 'hex') FROM mobanon.key_epoch JOIN mobanon.key_domain USING (domain_id) WHERE domain = '$1' AND epoch = $2"
}

# new_root_key FILE
new_root_key() {
	openssl rand -hex 32 >"$1"
	chmod 600 "$1"
	[ "$(id -u)" != 0 ] || chown postgres "$1"
}

look_for() { python3 "$TOP/test/keys.py" "$@"; }

# session_start NAME [psql option...]: a session that stays open; session_do NAME SQL prints one value
declare -A SESSION_IN=()
session_start() {
	local name=$1 fd
	shift
	mkfifo "$WORK/$name.in"
	: >"$WORK/$name.out"
	psql -qXAt "$@" <"$WORK/$name.in" >>"$WORK/$name.out" 2>&1 &
	exec {fd}>"$WORK/$name.in"
	SESSION_IN[$name]=$fd
}
session_do() {
	local name=$1 mark="done $RANDOM$RANDOM" i
	: >"$WORK/$name.out"
	printf '%s;\n\\echo %s\n' "$2" "$mark" >&"${SESSION_IN[$name]}"
	for ((i = 0; i < 600; i++)); do
		if grep -q "$mark" "$WORK/$name.out"; then
			grep -v "$mark" "$WORK/$name.out" || true
			return 0
		fi
		sleep 0.05
	done
	echo "no answer"
}
session_end() { local fd=${SESSION_IN[$1]}; exec {fd}>&-; }
