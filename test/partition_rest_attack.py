#!/usr/bin/env python3
"""
What the rows of kanon_partition_rest() tell somebody who knows the rule, k, the ladder and the grid.

    partition_rest_attack.py [long]

Every world of a small grid is made: each subject is in any set of the finest boxes.  Worlds with the same rows
cannot be told apart, so what is the same in all of them is what is known, exactly.  Two readers:

    rows        sees the rows only
    occupied    also knows which of the finest boxes have anybody in them

Found is a finest box without a row of its own, with 1 .. k - 1 subjects, of which is known
    exact       how many they are           (of one nobody needs the rows for: k = 2 and occupied is left out)
    somebody    that there is anybody       (rows only; plain suppression does not tell it from an empty box)

Rules for a rest of n subjects: n <= (c - 1)(k - 1) and n <= (r - 2)(k - 1), c the parts with anybody left in them and r the
parts of the grid with room, which have no row and are not full of rows (kanon_partition_rest); "parts" is the first alone,
"grid" is n <= (r - 1)(k - 1), and "loose" n <= c(k - 1).

Only rows that fewer subjects than the largest world make are judged, so that more subjects are among the worlds
that explain them.  A bounded world cannot prove safety; what it finds is listed with an example to follow by hand.
"""
import itertools
import sys

# shapes: the finest boxes by number, in nested tuples
SHAPES = {'four': ((0, 1, 2, 3), 4), 'three': ((0, 1, 2), 3), 'two by two': (((0, 1), (2, 3)), 4), 'three and two': (((0, 1, 2), (3, 4)), 5)}


def publish(box, world, k, rule, rows, root=True):
    """The subjects left over in box, as a set, and whether it has room for any."""
    if isinstance(box, int):
        here = frozenset(s for s, boxes in enumerate(world) if boxes >> box & 1)
        if len(here) >= k:
            rows.append((box, len(here)))
            return frozenset(), False
        return here, True
    parts = [publish(part, world, k, rule, rows, False) for part in box]
    rest = frozenset().union(*(left for left, _ in parts))
    occupied = sum(1 for left, _ in parts if left)
    room = sum(1 for _, has_room in parts if has_room)
    most = {'rest': min(occupied - 1, room - 2), 'parts': occupied - 1, 'grid': room - 1, 'loose': occupied}[rule] * (k - 1)
    if k <= len(rest) <= most:
        rows.append((box, len(rest)))
        return frozenset(), False
    return rest, room > 0


def attack(shape, k, subjects, rule):
    """{(reader, what): (number of outputs, example)}"""
    tree, leaves = SHAPES[shape]
    seen = {}
    for n in range(subjects + 1):
        for world in itertools.combinations_with_replacement(range(1, 1 << leaves), n):
            rows = []
            publish(tree, world, k, rule, rows)
            counts = tuple(sum(boxes >> leaf & 1 for boxes in world) for leaf in range(leaves))
            rows = tuple(sorted(rows, key=str))
            occupied = tuple(c > 0 for c in counts)
            for reader, key in (('rows', rows), ('occupied', (rows, occupied))):
                known = seen.setdefault((reader, key), [n, [set() for _ in counts]])
                for possible, c in zip(known[1], counts):
                    possible.add(c)
    found = {}
    for (reader, key), (n, possible) in seen.items():
        if n >= subjects:
            continue
        for leaf, values in enumerate(possible):
            if 0 in values or max(values) >= k:
                continue
            what = []
            if len(values) == 1 and not (reader == 'occupied' and k == 2):
                what.append('exact')
            if reader == 'rows':
                what.append('somebody')
            for w in what:
                number, example = found.get((reader, w), (0, None))
                found[reader, w] = (number + 1, example or f'rows {key}: box {leaf} has {sorted(values)}')
    return found, len(seen)


def main():
    long = 'long' in sys.argv[1:]
    worlds = [('four', 3, 7 if long else 6), ('three', 2, 6 if long else 5), ('three', 3, 7), ('two by two', 2, 4), ('two by two', 3, 7 if long else 5)]
    if long:
        worlds += [('four', 2, 6), ('two by two', 2, 5), ('three and two', 2, 4), ('three and two', 3, 5)]
    for rule in ('rest', 'parts', 'grid', 'loose'):
        total = {}
        for shape, k, subjects in worlds:
            for (reader, what), (number, example) in attack(shape, k, subjects, rule)[0].items():
                before, first = total.get((k, reader, what), (0, None))
                total[k, reader, what] = (before + number, first or f'{shape}, {example}')
        for k, reader, what in ((2, 'rows', 'exact'), (3, 'rows', 'exact'), (2, 'rows', 'somebody'), (3, 'rows', 'somebody'), (3, 'occupied', 'exact')):
            number, example = total.get((k, reader, what), (0, ''))
            print(f'{rule} k={k} {reader} {what}: {number}' + (f' ({example})' if example else ''))


if __name__ == '__main__':
    main()
