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
