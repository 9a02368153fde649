#!/usr/bin/env python3
"""Looks at released areas as an outsider does: knows the rows and the public grids, nothing else.

	partition_check.py K FILE.csv [rest]

FILE has a header and the columns cell, starts, ends, subjects: the code of a cell, a period of
time in whole seconds, a number.  Prints one line, "areas=N below_k=N overlaps=N differences=N
small_differences=N examples=...":

	below_k				areas with fewer than K subjects
	overlaps			pairs of areas with a place and a moment in common
	differences			areas that hold others, but not all of themselves: the rest can be computed
	small_differences	those where the rest is at least one and fewer than K

With "rest" an area stands for its square and period without the areas inside: these may be nested,
then, and nothing can be subtracted from them.

Two areas are compared by their squares and their periods, not by how their codes are nested.
"""
import bisect
import collections
import csv
import re
import sys

SIZES = {"100m": 100, "250m": 250, "500m": 500, "1km": 1000, "2km": 2000, "5km": 5000,
	"10km": 10000, "20km": 20000, "50km": 50000, "100km": 100000}

Area = collections.namedtuple("Area", "code grid size x y starts ends subjects")


def square(code):
	"""Grid, size and corner: metres in EPSG:3035, or 2^-23 of the width of the map of tiles."""
	match = re.fullmatch(r"(\d+k?m)N(\d+)E(\d+)", code)
	if match:
		size = SIZES[match.group(1)]
		unit = 10 ** (len(str(size)) - len(str(size).rstrip("0")))
		return "europe", size, int(match.group(3)) * unit, int(match.group(2)) * unit
	x = y = 0
	for digit in "" if code == "z0" else code:
		x, y = 2 * x + (digit in "13"), 2 * y + (digit in "23")
	size = 1 << 23 - (0 if code == "z0" else len(code))
	return "world", size, x * size, y * size


def read(name):
	with open(name, newline="") as file:
		return [Area(r["cell"], *square(r["cell"]), int(r["starts"]), int(r["ends"]), int(r["subjects"])) for r in csv.DictReader(file)]


class Shelf:
	"""The areas of one size, by square, each square's in the order of time."""

	def __init__(self):
		self.squares = collections.defaultdict(list)

	def add(self, area):
		self.squares[area.x, area.y].append(area)

	def close(self):
		self.longest = max(a.ends - a.starts for areas in self.squares.values() for a in areas)
		for areas in self.squares.values():
			areas.sort(key=lambda a: a.starts)
		self.starts = {place: [a.starts for a in areas] for place, areas in self.squares.items()}

	def meeting(self, area, size):
		"""Areas of this shelf, whose squares are as large as the area's or larger, that overlap it."""
		for x in {area.x // size * size, (area.x + area.size - 1) // size * size}:
			for y in {area.y // size * size, (area.y + area.size - 1) // size * size}:
				areas = self.squares.get((x, y), ())
				if not areas:
					continue
				first = bisect.bisect_right(self.starts[x, y], area.starts - self.longest)
				for other in areas[first:]:
					if other.starts >= area.ends:
						break
					if other.ends > area.starts and other is not area:
						yield other


def holds(outer, inner):
	return (outer.x <= inner.x and outer.y <= inner.y and outer.starts <= inner.starts and outer.ends >= inner.ends
		and outer.x + outer.size >= inner.x + inner.size and outer.y + outer.size >= inner.y + inner.size)


def volume(area):
	return area.size * area.size * (area.ends - area.starts)


def check(areas, k, rest):
	shelves = {}
	for area in areas:
		shelves.setdefault((area.grid, area.size), Shelf()).add(area)
	for shelf in shelves.values():
		shelf.close()
	pairs = set()
	inside = collections.defaultdict(list)
	for i, area in enumerate(areas):
		for (grid, size), shelf in shelves.items():
			if grid != area.grid or size < area.size:
				continue
			for other in shelf.meeting(area, size):
				nested = volume(other) != volume(area) and (holds(other, area) or holds(area, other))
				if rest and nested:
					continue
				pairs.add(frozenset((id(area), id(other))))
				if nested and volume(other) > volume(area):
					inside[other].append(area)
	differences, small = [], []
	for outer, inner in inside.items():
		# of one kind at a time: squares of one size, periods of one length
		kinds = collections.defaultdict(list)
		for area in inner:
			kinds[area.size, area.ends - area.starts].append(area)
		for kind in kinds.values():
			if sum(map(volume, kind)) < volume(outer):
				others = outer.subjects - sum(a.subjects for a in kind)
				differences.append(outer)
				if 0 < others < k:
					small.append(outer)
				break
	below = [a for a in areas if a.subjects < k]
	examples = [a.code for a in (below + small)[:2]]
	return len(below), len(pairs), len(differences), len(small), examples


def main():
	areas = read(sys.argv[2])
	below, pairs, differences, small, examples = check(areas, int(sys.argv[1]), sys.argv[3:] == ["rest"])
	print(f"areas={len(areas)} below_k={below} overlaps={pairs} differences={differences} small_differences={small} examples={','.join(examples) or '-'}")


main()
