/*
 * area.h
 *		The finest partition in which every area has at least k subjects.
 *
 * A box is a cell and a bucket.  Boxes form trees: a level is a resolution and a
 * length of buckets, and going up coarsens the cell until it is as coarse as
 * allowed, then the bucket:
 *
 *		level	0			1			 ...	n - 1		 n			 ...
 *		box		r1 x b1		r2 x b1				rn x b1		 rn x b2
 *
 * so each box has one parent, and the topmost are the roots.  A box is divided
 * if each of its children with anybody in it has at least k subjects, else it is
 * an area as a whole; a root with fewer than k is dropped.  Nothing that is
 * published contains anything else that is, so nothing can be subtracted.
 *
 * By the other rule (AREA_REST) every box of level 0 with at least k is an area, and
 * what is left of a box, in its other children, is one area together: the rest.  Say
 * it has n subjects, c children have some of them, and r children of the grid have
 * room: they are not areas, nor full of areas, which everybody can see.  The rest is
 * an area when k <= n and
 *
 *		n <= (c - 1)(k - 1)		each child may have fewer than k and any one of the c
 *								nobody, also for who knows where nobody can be;
 *		n <= (r - 2)(k - 1)		that c is so large says of no child that it has anybody.
 *
 * So nothing is known of any of them that is not known of a box that plain
 * suppression withholds (test/t/kanon_rest_attack.sh tries all small worlds).  Another
 * rest goes up and is part of the parent's rest; what is left of a root is dropped.
 *
 * How many distinct subjects are in each box of each level, in one pass over
 * the rows in the order of the tree (area_tree.c): a row adds one to its box of
 * level 0, and takes one from the smallest box that holds both this row and the
 * subject's row before.  Then a box has the sum of its children (and of what was
 * taken from itself).  Lists of documents are counted so in suffix trees: L. Hui,
 * Color set size problem, 1992.
 *
 * Rows come in any order: area_input.c cuts them into partitions by root, and
 * where one does not fit in memory, by the order of the tree; area_rows.c sorts
 * what fits.  area_ladder.c knows levels, area_sql.c the aggregates.
 */
#ifndef KANON_AREA_H
#define KANON_AREA_H

#include "kanon/kanon.h"

#include "cell/bucket.h"
#include "cell/cell.h"
#include "kanon/kanon_group.h"
#include "utils/array.h"

/* ---- area_ladder.c ------------------------------------------------------- */

#define MAX_RESOLUTIONS WORLD_LEVELS
#define MAX_BUCKETS 8
#define MAX_LEVELS (MAX_RESOLUTIONS + MAX_BUCKETS - 1)

/* A bucket of the first length, and the starts of the longer ones around it. */
typedef struct LadderBucket
{
	TimestampTz start[MAX_BUCKETS];
	TimestampTz end;			/* of the first; start[0] = end: nothing is here */
} LadderBucket;

typedef struct Ladder
{
	int			n_resolutions;
	Resolution	resolution[MAX_RESOLUTIONS];	/* finest first */
	int			n_buckets;		/* 0: buckets are taken as they come */
	Interval	width[MAX_BUCKETS];
	BucketClock clock[MAX_BUCKETS];
	int			n_levels;
	bool		prefix;			/* the bits of a cell are its path */
	int			digit_bits[MAX_RESOLUTIONS];	/* else: of a child within its parent, per axis */
	uint8		level_of_bit[64];	/* two paths that differ first in this bit meet at this level */
	int			root_shift;		/* path >> root_shift: which root */
	uint32		bucket_mask;
	LadderBucket *buckets;		/* those asked for last, by time */
	int64		children[MAX_LEVELS];	/* of a box; of a longer bucket: of this one */
	TimestampTz counted[MAX_BUCKETS];
} Ladder;

/* Where a box of level 0 stands: sorted by these, boxes are in the order of the tree. */
typedef struct LeafKey
{
	uint64		root;
	TimestampTz bucket;
	uint64		path;
} LeafKey;

extern int	resolutions_read(ArrayType *array, Resolution *resolutions);
extern Ladder *ladder_create(ArrayType *resolutions, ArrayType *buckets, text *time_zone);
extern void ladder_remember_more(Ladder *ladder);
extern Cell ladder_cell(const Ladder *ladder, Cell cell);
extern const LadderBucket *ladder_bucket(Ladder *ladder, TimestampTz at);
extern uint64 ladder_path(const Ladder *ladder, Cell cell);
extern int	ladder_meet(Ladder *ladder, const LeafKey *a, const LeafKey *b);
extern int	ladder_resolution_at(const Ladder *ladder, int level);
extern int	ladder_bucket_at(const Ladder *ladder, int level);
extern int64 ladder_children(Ladder *ladder, int level, TimestampTz at);

/* Which root a path is in, and a hash of the root. */
static inline uint64
ladder_root(const Ladder *ladder, uint64 path)
{
	return ladder->root_shift < 64 ? path >> ladder->root_shift : 0;
}

static inline int
leaf_compare(const LeafKey *a, const LeafKey *b)
{
	if (a->root != b->root)
		return a->root < b->root ? -1 : 1;
	if (a->bucket != b->bucket)
		return a->bucket < b->bucket ? -1 : 1;
	if (a->path != b->path)
		return a->path < b->path ? -1 : 1;
	return 0;
}

/* ---- area_tree.c: no Datum ------------------------------------------------ */

/* An area: the level and any box of level 0 in it. */
typedef struct Area
{
	Cell		cell;
	TimestampTz bucket;
	int64		subjects;
	int			level;
} Area;

/* What becomes of a box with some children that have too few. */
typedef enum AreaRule
{
	AREA_WHOLE,					/* all of it is one area */
	AREA_REST					/* those children together are one, where that is safe */
} AreaRule;

/* A box that is being read; one for each level. */
typedef struct OpenBox
{
	int64		subjects;		/* so far: may be off by what children still hold */
	uint64		first_leaf;		/* the number of its first box of level 0 */
	Size		first_area;		/* areas there were before it */
	int64		failed;			/* children with fewer than k; AREA_REST: with a rest */
	int64		closed;			/* AREA_REST: children that are areas or full of areas */
	SubjectKey *rest;			/* AREA_REST: the subjects of those */
	Size		n_rest;
	Size		max_rest;
} OpenBox;

/* The subjects of the root at hand, and in which box of level 0 each was last. */
typedef struct LastSeen
{
	SubjectKey	subject;
	uint64		leaf;			/* from 1; 0: free */
} LastSeen;

typedef struct AreaTree
{
	MemoryContext context;
	int64		k;
	AreaRule	rule;
	int			n_levels;
	Ladder	   *ladder;
	OpenBox		open[MAX_LEVELS];
	uint64		leaf;			/* number of the box of level 0 that is being read */
	Cell		cell;			/* and what it is */
	TimestampTz bucket;
	LastSeen   *seen;
	uint64		seen_mask;
	uint64		n_seen;
	Area	   *areas;
	Size		n_areas;
	Size		max_areas;
} AreaTree;

extern void area_tree_init(AreaTree *tree, MemoryContext context, int64 k, AreaRule rule, Ladder *ladder);
extern void area_tree_leaf(AreaTree *tree, int level, Cell cell, TimestampTz bucket);
extern void area_tree_add(AreaTree *tree, SubjectKey subject);
extern void area_tree_finish(AreaTree *tree);

/* ---- area_rows.c ---------------------------------------------------------- */

/* A row: its box of level 0 and its subject.  bigint subjects need no second word. */
typedef struct AreaRow
{
	Cell		cell;
	TimestampTz bucket;
	uint64		subject[FLEXIBLE_ARRAY_MEMBER];
} AreaRow;

#define AREA_ROW_WORDS(kind) ((kind) == SUBJECT_KIND_BIGINT ? 3 : 4)

static inline SubjectKey
area_row_subject(const AreaRow *row, uint32 words)
{
	SubjectKey	subject = {row->subject[0], words > 3 ? row->subject[1] : 0};

	return subject;
}

/* Rows that lie side by side. */
typedef struct RowSpan
{
	const uint64 *begin;
	const uint64 *end;
} RowSpan;

/* The way through the tree, and what is needed to go it. */
typedef struct AreaWalk
{
	Ladder	   *ladder;
	PartitionStore *store;		/* whose memory, and account of it, is used */
	uint32		row_words;
	AreaTree	tree;
	LeafKey		last;			/* the box of level 0 that is being read */
	Scratch		slots;
	uint32		slot_mask;
	Scratch		leaves;
	uint32		n_leaves;
	Scratch		numbers;
	Scratch		subjects;
} AreaWalk;

extern LeafKey area_row_key(const Ladder *ladder, const AreaRow *row);
extern void area_walk_init(AreaWalk *walk, Ladder *ladder, PartitionStore *store, uint32 row_words, int64 k, AreaRule rule);
extern void area_walk_rows(AreaWalk *walk, const RowSpan *spans, int n_spans, Size n_rows);
extern void area_walk_leaf(AreaWalk *walk, const LeafKey *key, Cell cell);
extern void area_walk_leaf_rows(AreaWalk *walk, RowSpan span);

/* ---- area_input.c --------------------------------------------------------- */

typedef struct AreaInput
{
	MemoryContext context;
	Ladder	   *ladder;
	int32		k;
	SubjectKind kind;
	uint32		row_words;
	Size		memory;			/* bytes that rows and work may take */
	/* few rows: as they came */
	uint64	   *rows;
	Size		n_rows;
	Size		max_rows;
	/* many: by the hash of their root */
	PartitionStore *store;
	Partition  *partitions;
	int			bits;
} AreaInput;

extern AreaInput *area_input_create(MemoryContext context, Ladder *ladder, int32 k, SubjectKind kind);
extern void area_input_add(AreaInput *input, Cell cell, TimestampTz at, SubjectKey subject);
extern Area *area_input_finish(AreaInput *input, AreaRule rule, Size *n_areas);
extern void area_input_destroy(AreaInput *input);

#endif							/* KANON_AREA_H */
