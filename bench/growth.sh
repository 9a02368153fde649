#!/usr/bin/env bash
# Growth: time and memory per event at 1, 3, 10 and 30 million events, and the
# exponent of both (1 is linear; memory that does not grow has 0).
#   SIZES='1000000 3000000' shortens.  Subjects: one for every 20 events.
source "$(dirname "$0")/lib.sh"
SIZES=${SIZES:-1000000 3000000 10000000 30000000}
ROUNDS=${GROWTH_ROUNDS:-2}
# few shared buffers, so that a process's memory is its own
bench_init "shared_buffers = 32MB" "work_mem = 64MB" "hash_mem_multiplier = 1"
bench_sql -c "SELECT mobanon.create_domain('bench', '1 day', '2026-03-01 00:00+00', '2026-04-01 00:00+00')" >/dev/null
over() { echo "SELECT count(*), count(n) FROM (SELECT $1, $2 AS n FROM pseudonymized GROUP BY $1 OFFSET 0) AS g"; }
suppress='mobanon.kanon_suppress(pseudonym, 20)'
off='SET mobanon.enable_kanon_scan = off'
PATHS=("scan;;SELECT count(latitude) FROM events"
	"pseudonymize;;SELECT count(mobanon.pseudonymize(subject, 'bench', at)) FROM events"
	"coarsen_cell 1km;;SELECT count(mobanon.coarsen_cell(latitude, longitude, '1km')) FROM events"
	"coarsen_cell z16;;SELECT count(mobanon.coarsen_cell(latitude, longitude, 'z16')) FROM events"
	"cell x hour, KanonScan;;$(over 'cell, bucket' "$suppress")"
	"cell x hour, HashAggregate;;$off;;$(over 'cell, bucket' "$suppress")"
	"cell x hour, count(*);;$(over 'cell, bucket' 'count(*)')"
	"14 regions, KanonScan;;$(over region "$suppress")"
	"14 regions, HashAggregate;;$off;;$(over region "$suppress")"
	"14 regions, count(DISTINCT);;$(over region 'count(DISTINCT pseudonym)')"
	"stays;;SELECT count(*) FROM (SELECT pseudonym, mobanon.stays(cell, at, '15 min', '2 hours' ORDER BY at) AS stays FROM pseudonymized GROUP BY pseudonym) AS p, unnest(p.stays) AS s")
for rows in $SIZES; do
	bench_sql -c 'DROP TABLE IF EXISTS events, pseudonymized' 2>/dev/null
	events_table "$rows" $((rows / 20))
	bench_sql <<'SQL'
CREATE UNLOGGED TABLE pseudonymized AS
SELECT mobanon.coarsen_cell(latitude, longitude, '1km') AS cell, date_trunc('hour', at) AS bucket, at,
	mobanon.pseudonymize(subject, 'bench', date_trunc('day', at, 'UTC')) AS pseudonym, site % 14 AS region
FROM events;
VACUUM ANALYZE pseudonymized;
SQL
	for path in "${PATHS[@]}"; do
		name=${path%%;;*} sql=${path#*;;}
		for ((r = 0; r < ROUNDS; r++)); do
			result=$(time_and_peak ";;$sql") || true
			[ "${result##* }" = 0 ] || echo "$name,$rows,${result/ /,}"
		done
	done | tee -a "$WORK/measured"
done
python3 - "$WORK/measured" "$RESULTS/$BENCH" <<'PY'
import sys, math, collections
data = collections.defaultdict(lambda: collections.defaultdict(list))
for line in open(sys.argv[1]):
    name, rows, ms, kb = line.strip().rsplit(',', 3)
    data[name][int(rows)].append((float(ms), float(kb)))
def slope(points):
    points = [(math.log(x), math.log(max(y, 1e-9))) for x, y in points]
    n = len(points)
    if n < 2:
        return float('nan')
    mx, my = sum(p[0] for p in points) / n, sum(p[1] for p in points) / n
    return sum((x - mx) * (y - my) for x, y in points) / sum((x - mx) ** 2 for x, _ in points)
sizes = sorted({rows for name in data for rows in data[name]})
with open(sys.argv[2] + '.md', 'a') as md, open(sys.argv[2] + '.csv', 'w') as csv:
    csv.write('path,events,ms,peak_kb\n')
    head = '| path | ' + ' | '.join(f'{s / 1e6:g} M: ns an event, MB' for s in sizes) + ' | exponent of time | of memory |'
    lines = [head, '| --- |' + ' ---: |' * (len(sizes) + 2)]
    for name, by in data.items():
        best = {rows: (min(m for m, _ in v), max(k for _, k in v)) for rows, v in by.items()}
        for rows, (ms, kb) in best.items():
            csv.write(f'"{name}",{rows},{ms},{kb:.0f}\n')
        cells = [f'{best[s][0] * 1e6 / s:.0f}, {best[s][1] / 1024:.0f}' if s in best else '' for s in sizes]
        lines.append(f'| {name} | ' + ' | '.join(cells) + f' | {slope([(s, best[s][0]) for s in best]):.2f} | {slope([(s, best[s][1]) for s in best]):.2f} |')
    text = '\n'.join(lines) + '\n\nBest of the rounds; memory: the largest a server process held of its own (VmHWM without shared memory), work_mem 64 MB.\n'
    md.write(text)
    print(text)
PY
