/*
 * area_rows.c
 *		Rows in memory, in any order: brought into the order of the tree, and
 *		handed to it box by box.
 */
#include "kanon/area.h"

#include "miscadmin.h"

/* Rows of one box of level 0. */
typedef struct Leaf
{
	LeafKey		key;
	Cell		cell;
	uint32		rows;
	uint32		first;			/* where its subjects begin */
} Leaf;

#define ST_SORT sort_leaves
#define ST_ELEMENT_TYPE Leaf
#define ST_COMPARE(a, b) leaf_compare(&(a)->key, &(b)->key)
#define ST_SCOPE static
#define ST_DEFINE
#define ST_CHECK_FOR_INTERRUPTS
#include "lib/sort_template.h"

/* Where a row stands. */
LeafKey
area_row_key(const Ladder *ladder, const AreaRow *row)
{
	uint64		path = ladder_path(ladder, row->cell);
	LeafKey		key = {path >> ladder->root_shift, row->bucket, path};

	return key;
}

/* A way that has not begun. */
void
area_walk_init(AreaWalk *walk, Ladder *ladder, PartitionStore *store, uint32 row_words,
			   int64 k, AreaRule rule)
{
	memset(walk, 0, sizeof(AreaWalk));
	walk->ladder = ladder;
	walk->store = store;
	walk->row_words = row_words;
	area_tree_init(&walk->tree, store->context, k, rule, ladder);
}

/* On to the next box of level 0; they come in the order of their keys, each once. */
void
area_walk_leaf(AreaWalk *walk, const LeafKey *key, Cell cell)
{
	int			level = walk->tree.leaf > 0 ? ladder_meet(walk->ladder, &walk->last, key) :
		walk->ladder->n_levels;

	area_tree_leaf(&walk->tree, level, cell, key->bucket);
	walk->last = *key;
}

/* Rows that are all in the box at hand. */
void
area_walk_leaf_rows(AreaWalk *walk, RowSpan span)
{
	for (const uint64 *at = span.begin; at < span.end; at += walk->row_words)
		area_tree_add(&walk->tree, area_row_subject((const AreaRow *) at, walk->row_words));
}

/* ---- numbering the boxes --------------------------------------------------- */

static void
clear_slots(AreaWalk *walk, uint32 n_slots)
{
	scratch_reserve(walk->store, &walk->slots, n_slots * sizeof(uint32));
	memset(walk->slots.memory, 0, n_slots * sizeof(uint32));
	walk->slot_mask = n_slots - 1;
}

static inline uint32
leaf_hash(Cell cell, TimestampTz bucket)
{
	uint64		hash = mix(mix(UINT64CONST(0xA0761D6478BD642F), cell), (uint64) bucket);

	hash *= UINT64CONST(0xBF58476D1CE4E5B9);
	return (uint32) (hash >> 32);
}

/* Twice as many slots, filled again. */
static void
grow_slots(AreaWalk *walk)
{
	Leaf	   *leaves = walk->leaves.memory;
	uint32	   *slots;

	clear_slots(walk, (walk->slot_mask + 1) * 2);
	slots = walk->slots.memory;
	for (uint32 i = 0; i < walk->n_leaves; i++)
	{
		uint32		at = leaf_hash(leaves[i].cell, leaves[i].key.bucket) & walk->slot_mask;

		while (slots[at] != 0)
			at = (at + 1) & walk->slot_mask;
		slots[at] = i + 1;
	}
}

static uint32
new_leaf(AreaWalk *walk, const AreaRow *row)
{
	Leaf	   *leaf;

	scratch_reserve(walk->store, &walk->leaves, (walk->n_leaves + (Size) 1) * sizeof(Leaf));
	leaf = (Leaf *) walk->leaves.memory + walk->n_leaves;
	leaf->key = area_row_key(walk->ladder, row);
	leaf->cell = row->cell;
	leaf->rows = 0;
	return walk->n_leaves++;
}

/* The number of the box that a row is in. */
static inline uint32
find_leaf(AreaWalk *walk, const AreaRow *row)
{
	uint32	   *slots = walk->slots.memory;
	uint32		at = leaf_hash(row->cell, row->bucket) & walk->slot_mask;
	uint32		number;

	while (slots[at] != 0)
	{
		const Leaf *leaf = (Leaf *) walk->leaves.memory + slots[at] - 1;

		if (leaf->cell == row->cell && leaf->key.bucket == row->bucket)
			return slots[at] - 1;
		at = (at + 1) & walk->slot_mask;
	}
	number = new_leaf(walk, row);
	slots[at] = number + 1;
	if (walk->n_leaves > walk->slot_mask / 8 * 5)
		grow_slots(walk);
	return number;
}

/* Gives every row the number of its box. */
static void
number_rows(AreaWalk *walk, const RowSpan *spans, int n_spans, Size n_rows)
{
	uint32	   *numbers = scratch_reserve(walk->store, &walk->numbers, n_rows * sizeof(uint32));
	uint32		n_slots = 64;

	while (n_slots < n_rows / 4)
		n_slots *= 2;
	clear_slots(walk, n_slots);
	walk->n_leaves = 0;
	for (int i = 0; i < n_spans; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (const uint64 *at = spans[i].begin; at < spans[i].end; at += walk->row_words)
		{
			uint32		number = find_leaf(walk, (const AreaRow *) at);

			((Leaf *) walk->leaves.memory)[number].rows++;
			*numbers++ = number;
		}
	}
}

/* Puts the subjects of each box side by side. */
static void
gather_subjects(AreaWalk *walk, const RowSpan *spans, int n_spans, Size n_rows)
{
	SubjectKey *subjects = scratch_reserve(walk->store, &walk->subjects, n_rows * sizeof(SubjectKey));
	Leaf	   *leaves = walk->leaves.memory;
	uint32	   *numbers = walk->numbers.memory;
	uint32		n = 0;

	for (uint32 i = 0; i < walk->n_leaves; i++)
	{
		leaves[i].first = n;
		n += leaves[i].rows;
	}
	for (int i = 0; i < n_spans; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (const uint64 *at = spans[i].begin; at < spans[i].end; at += walk->row_words)
			subjects[leaves[*numbers++].first++] = area_row_subject((const AreaRow *) at, walk->row_words);
	}
	for (uint32 i = 0; i < walk->n_leaves; i++)
		leaves[i].first -= leaves[i].rows;
}

/* Walks through rows that come after all those before, in any order among themselves. */
void
area_walk_rows(AreaWalk *walk, const RowSpan *spans, int n_spans, Size n_rows)
{
	const SubjectKey *subjects;

	number_rows(walk, spans, n_spans, n_rows);
	gather_subjects(walk, spans, n_spans, n_rows);
	sort_leaves(walk->leaves.memory, walk->n_leaves);
	subjects = walk->subjects.memory;
	for (uint32 i = 0; i < walk->n_leaves; i++)
	{
		const Leaf *leaf = (Leaf *) walk->leaves.memory + i;

		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		area_walk_leaf(walk, &leaf->key, leaf->cell);
		for (uint32 j = 0; j < leaf->rows; j++)
			area_tree_add(&walk->tree, subjects[leaf->first + j]);
	}
}
