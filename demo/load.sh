# demo/load.sh: somebody's own file of events, checked and loaded.  Sourced by demo/run.
#
#   file_check FILE     looks at the file and its header, before anything is built
#   file_load  DBNAME   loads it into the table events, as the role dba
# Every complaint names the file and the line in it, never a value: values are
# personal data.  The header may name the columns in any of the ways below, in
# any order; other columns are ignored.

declare -A ALIASES=(
	[subject]="subject subject_id user user_id userid uid msisdn imsi device device_id customer_id person_id bikeid bike_id"
	[time]="time event_time ts timestamp datetime date_time at started_at started_local start_time"
	[latitude]="latitude lat start_lat start_latitude"
	[longitude]="longitude lon lng long start_lon start_lng start_longitude"
)

complain() {
	# not in the middle of a line of progress
	[ -z "${IN_STEP:-}" ] || echo
	say "mobanon: $*"
	exit 1
}

# The file as text: unpacked, without a byte order mark, lines ending in LF, no
# empty lines at the end.  A line "\." would end COPY's input early in psql; so
# changed it is refused as malformed.
file_text() {
	if [ "$FILE_GZIP" = 1 ]; then gzip -dc -- "$FILE" 2>/dev/null; else cat -- "$FILE"; fi |
		LC_ALL=C sed -e '1s/^\xef\xbb\xbf//' -e 's/\r$//' -e 's/^\\\.$/\\. /' |
		LC_ALL=C sed -e ':a' -e '/^\n*$/{$d;N;ba' -e '}'
}

# One line of CSV on standard input, one field per line on standard output, in
# lower case and without the white space around it; quotes as in RFC 4180.
header_fields() {
	LC_ALL=C awk -v d="$FILE_DELIMITER" '{
		field = ""; quoted = 0; n = length($0)
		for (i = 1; i <= n; i++) {
			c = substr($0, i, 1)
			if (c == "\"" && quoted && substr($0, i + 1, 1) == "\"") { field = field c; i++ }
			else if (c == "\"") quoted = !quoted
			else if (c == d && !quoted) { put(field); field = "" }
			else field = field c
		}
		put(field)
		exit
	}
	function put(f) { gsub(/^[ \t]+|[ \t]+$/, "", f); print tolower(f) }'
}

file_check() {
	local head name wanted alias i found
	FILE=$1 FILE_GZIP=0 FILE_DELIMITER=,
	[ -e "$FILE" ] || complain "$FILE: there is no such file"
	[ ! -d "$FILE" ] || complain "$FILE: this is a directory, not a file of events"
	[ -r "$FILE" ] || complain "$FILE: permission denied"
	[ -s "$FILE" ] || complain "$FILE: the file is empty"
	if [ "$(head -c 2 -- "$FILE" | od -An -tx1 | tr -d ' ')" = 1f8b ]; then
		FILE_GZIP=1
		gzip -t -- "$FILE" 2>/dev/null || complain "$FILE: the gzip file is damaged or incomplete"
	elif [[ $FILE == *.gz ]]; then
		complain "$FILE: named .gz, but not in gzip format"
	fi
	head=$(file_text 2>/dev/null | head -n 1 | tr -d '\0' || true)
	[ -n "$head" ] || complain "$FILE: line 1: there is no header line; it names the columns: subject, time, latitude, longitude"
	[[ $head != *[$'\x01'-$'\x08'$'\x0e'-$'\x1f']* ]] || complain "$FILE: line 1: this is not text; events come as CSV, plain or packed with gzip"
	if [[ $head != *,* && $head == *';'* ]]; then FILE_DELIMITER=';'
	elif [[ $head != *,* && $head == *$'\t'* ]]; then FILE_DELIMITER=$'\t'; fi

	mapfile -t FILE_COLUMNS < <(header_fields <<<"$head")
	declare -gA FILE_COLUMN=()
	for wanted in subject time latitude longitude; do
		for alias in ${ALIASES[$wanted]}; do
			found=
			for i in "${!FILE_COLUMNS[@]}"; do
				[ "${FILE_COLUMNS[$i]}" = "$alias" ] || continue
				[ -z "$found" ] || complain "$FILE: line 1: two columns are called \"$alias\""
				found=$((i + 1))
			done
			if [ -n "$found" ]; then
				FILE_COLUMN[$wanted]=$found
				break
			fi
		done
		[ -n "${FILE_COLUMN[$wanted]:-}" ] ||
			complain "$FILE: line 1: no column for the $wanted; it may be called: ${ALIASES[$wanted]// /, }"
	done
}

# What COPY says, in words about the file.
copy_complaint() {
	local text line
	text=$(sed -n 's/^.*ERROR:  *//p' "$1" | head -1)
	line=$(sed -n 's/^CONTEXT:  *COPY [^,]*, line \([0-9]*\).*/\1/p' "$1" | head -1)
	case $text in
		'extra data after last expected column') text="more fields than the ${#FILE_COLUMNS[@]} of the header" ;;
		'missing data for column'*) text="fewer fields than the ${#FILE_COLUMNS[@]} of the header" ;;
		'unterminated CSV quoted field') text="a quoted field does not end" ;;
		'invalid byte sequence'*) text="not in UTF-8" ;;
		'unquoted carriage return found in data'* | 'unquoted newline found in data'*) text="a carriage return within the line" ;;
	esac
	complain "$FILE: ${line:+line $line: }${text:-could not be read}"
}

file_load() {
	local db=$1 columns= i
	for i in "${!FILE_COLUMNS[@]}"; do columns+="${columns:+, }c$((i + 1))"; done
	psql -qX -v ON_ERROR_STOP=1 -U dba -d "$db" -c \
		"CREATE UNLOGGED TABLE staging (row_number bigint GENERATED ALWAYS AS IDENTITY, ${columns//,/ text,} text)"
	file_text | psql -qX -v ON_ERROR_STOP=1 -v SHOW_CONTEXT=errors -U dba -d "$db" -c \
		"COPY staging ($columns) FROM STDIN (FORMAT csv, HEADER, DELIMITER E'$FILE_DELIMITER')" 2>"$WORK/copy.log" ||
		copy_complaint "$WORK/copy.log"
	psql -qX -v ON_ERROR_STOP=1 -U dba -d "$db" -v time_zone="$TIME_ZONE" -v columns="$columns" \
		-v subject="c${FILE_COLUMN[subject]}" -v time="c${FILE_COLUMN[time]}" \
		-v latitude="c${FILE_COLUMN[latitude]}" -v longitude="c${FILE_COLUMN[longitude]}" \
		-f "$TOP/demo/load.sql" 2>"$WORK/load.log" ||
		complain "$FILE: $(sed -n 's/^.*ERROR:  *//p' "$WORK/load.log" | head -1)"
}
