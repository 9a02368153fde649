"""Reads tables with totals as their readers see them, and says what those readers can compute: exactly, by
linear programs (GLPK).  Knows only which rows add up, not how rows were chosen.

Input: JSON, a list of {"name", "k", "rows": [{"at": [member or null, ...], "shown": n or null, "lower", "upper",
"people": [innermost rows only: who was there]}]}.
Output, a line for each table: name, number of withheld rows, the narrowest interval, and of withheld rows the number
  close    whose interval is narrower than k
  outside  whose interval is not within table_bounds()'s lower and upper
  wider    for which table_bounds() gives a wider one (where propagation is weaker than linear programming)
  few      that are part of a sum which can be computed and holds fewer than k people (tried: the sum behind the upper bound)
"""
import collections
import json
import subprocess
import sys
import tempfile

BIG = 1000000       # more than any table of the tests holds: no bound


def finer(a, b):
    return all(y or not x for x, y in zip(a, b))


def relations(rows):
    """(total, parts): by every pair of patterns that have no other between them."""
    pattern = {at: tuple(m is not None for m in at) for at in rows}
    patterns = set(pattern.values())
    covers = [(a, b) for a in patterns for b in patterns if a != b and finer(a, b)
              and not any(c not in (a, b) and finer(a, c) and finer(c, b) for c in patterns)]
    parts = collections.defaultdict(list)
    for a, b in covers:
        for at in rows:
            if pattern[at] == b:
                total = tuple(m if keep else None for m, keep in zip(at, a))
                if total in rows:
                    parts[total, b].append(at)
    return [(total, p) for (total, _), p in parts.items()]


def equations(rows, number):
    """What is known of the withheld rows: [([(sign, number)], sum)]."""
    known = []
    for total, parts in relations(rows):
        terms = [(-1, total)] + [(1, p) for p in parts]
        left = [(sign, number[at]) for sign, at in terms if at in number]
        if left:
            known.append((left, -sum(sign * rows[at]['shown'] for sign, at in terms if at not in number)))
    return known


def optimum(goal, known, n):
    """The optimum of each of n unknowns, and the weights of the equations behind it: n copies, one program."""
    text = [goal, ' obj: ' + ' + '.join('x%d_%d' % (i, i) for i in range(n)), 'Subject To']
    for i in range(n):
        for e, (left, right) in enumerate(known):
            text.append(' e%d_%d: %s = %d' % (i, e, ' '.join('%s x%d_%d' % ('+' if s > 0 else '-', i, c) for s, c in left), right))
    text.append('Bounds')
    text += [' 0 <= x%d_%d <= %d' % (i, c, BIG) for i in range(n) for c in range(n)]
    if not known:
        return [BIG if goal == 'Maximize' else 0] * n, [[] for _ in range(n)]
    with tempfile.TemporaryDirectory() as work:
        with open(work + '/lp', 'w') as lp:
            lp.write('\n'.join(text + ['End', '']))
        run = subprocess.run(['glpsol', '--nopresol', '--lp', work + '/lp', '-w', work + '/out'], capture_output=True, text=True)
        value, weight = {}, {}
        column = 0
        for line in open(work + '/out'):
            f = line.split()
            if f[0] == 's' and f[4:6] != ['f', 'f']:
                break
            if f[0] == 'i':
                weight[int(f[1]) - 1] = float(f[4])
            if f[0] == 'j':
                value[column] = float(f[3])
                column += 1
    if not value:
        sys.exit('glpsol: ' + run.stdout + run.stderr)
    # columns come in the order in which they are first named: the objective's first
    place = {(i, i): i for i in range(n)}
    for i in range(n):
        for left, _ in known:
            for _, c in left:
                place.setdefault((i, c), len(place))
    m = len(known)
    return ([value[place[i, i]] for i in range(n)], [[weight[i * m + e] for e in range(m)] for i in range(n)])


def people(rows, at):
    """Everybody in a row: in the innermost rows that are part of it."""
    return set().union(*(rows[r].get('people') or [] for r in rows
                         if all(m is None or m == x for m, x in zip(at, r))))


def check(table):
    rows = {tuple(r['at']): r for r in table['rows']}
    k = table['k']
    withheld = sorted((at for at in rows if rows[at]['shown'] is None), key=str)
    number = {at: i for i, at in enumerate(withheld)}
    known = equations(rows, number)
    close = outside = wider = few = 0
    narrowest = BIG
    if withheld:
        upper, weights = optimum('Maximize', known, len(withheld))
        lower, _ = optimum('Minimize', known, len(withheld))
    for i, at in enumerate(withheld):
        low, high = rows[at]['lower'], BIG if rows[at]['upper'] is None else rows[at]['upper']
        close += upper[i] - lower[i] < k - 1e-6
        outside += lower[i] < low - 1e-6 or upper[i] > high + 1e-6
        wider += lower[i] > low + 1e-6 or upper[i] < high - 1e-6
        narrowest = min(narrowest, round(upper[i] - lower[i]))
        # the equations, weighted, add up to a sum of withheld rows that a reader knows
        part = collections.Counter()
        for w, (left, _) in zip(weights[i], known):
            for sign, c in left:
                part[c] += w * sign
        if upper[i] < BIG - 1 and min(part.values(), default=0) > -1e-6 and part[i] > 1e-6:
            few += len(set().union(*(people(rows, withheld[c]) for c in part if part[c] > 1e-6))) < k
    print(table['name'], len(withheld), narrowest if narrowest < BIG else 'none', close, outside, wider, few, sep='|')


for t in json.load(sys.stdin):
    check(t)
