/*
 * area_input.c
 *		The rows of a partition: collected, cut into what fits in memory, and
 *		walked through; see area.h.
 *
 * Few rows stay where they are.  More are appended to partitions by the hash of
 * their root, in memory or in a file (kanon_partition.h).  A partition that is
 * too large is divided by more bits of the hash; a root that is too large, by the
 * order of the tree, at keys taken from a sample.  The parts are walked in order,
 * so the tree does not notice.
 */
#include "kanon/area.h"

#include "executor/nodeHash.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define FIRST_ROWS 16
#define CACHE_BYTES (1024 * 1024)	/* rows that a cache holds */
#define MANY_ROWS_BYTES (512 * 1024)	/* rows beside which more buckets may be remembered */
#define MAX_BITS 8				/* of the first level */
#define DIVIDE_BITS 5			/* of each further one */
#define HASH_BITS 60
#define SAMPLE 64
#define MAX_CUTS 31

/* Rows that may be walked at once: numbers are 32 bits. */
#define MAX_ROWS (UINT64CONST(1) << 30)

/* Keys of some rows, evenly taken. */
typedef struct Sample
{
	LeafKey		keys[SAMPLE];
	int			n;
	uint64		stride;
	uint64		seen;
} Sample;

/* A part of a partition that was too large. */
typedef struct Part
{
	Partition	partition;
	uint64		hash;			/* of its first row's root */
	bool		one_root;
	Sample		sample;
} Part;

/* An input without rows; what it needs is allocated in context. */
AreaInput *
area_input_create(MemoryContext context, Ladder *ladder, int32 k, SubjectKind kind)
{
	AreaInput  *input = MemoryContextAllocZero(context, sizeof(AreaInput));

	input->context = context;
	input->ladder = ladder;
	input->k = k;
	input->kind = kind;
	input->row_words = AREA_ROW_WORDS(kind);
	input->memory = get_hash_memory_limit();
	input->max_rows = FIRST_ROWS;
	input->rows = MemoryContextAlloc(context, FIRST_ROWS * input->row_words * sizeof(uint64));
	return input;
}

/* Closes the temporary file and forgets the rows. */
void
area_input_destroy(AreaInput *input)
{
	if (input->store)
		partition_store_destroy(input->store);
	input->store = NULL;
	if (input->rows)
		pfree(input->rows);
	input->rows = NULL;
	input->n_rows = 0;
}

/* Bytes of rows that are walked at once. */
static Size
walk_limit(const AreaInput *input)
{
	return Max(input->memory / 8, 64 * 1024);
}

/* ---- partitions by root ---------------------------------------------------- */

static inline uint64
root_hash(AreaInput *input, const AreaRow *row)
{
	Ladder	   *ladder = input->ladder;
	TimestampTz bucket = row->bucket;
	uint64		hash;

	if (ladder->n_buckets > 1)
		bucket = ladder_bucket(ladder, bucket)->start[ladder->n_buckets - 1];
	hash = mix(mix(UINT64CONST(0xA0761D6478BD642F), ladder_path(ladder, row->cell) >> ladder->root_shift),
			   (uint64) bucket);
	hash *= UINT64CONST(0xBF58476D1CE4E5B9);
	return hash ^ (hash >> 32);
}

static inline void
append_row(PartitionStore *store, Partition *partition, const AreaRow *row, uint32 words)
{
	uint64	   *to = partition_append(store, partition, words);
	const uint64 *from = (const uint64 *) row;

	to[0] = from[0];
	to[1] = from[1];
	to[2] = from[2];
	if (words > 3)
		to[3] = from[3];
}

static inline void
append_to_root(AreaInput *input, const AreaRow *row)
{
	append_row(input->store, &input->partitions[root_hash(input, row) >> (64 - input->bits)],
			   row, input->row_words);
}

static void
create_store(AreaInput *input)
{
	Size		chunk = BLCKSZ;

	while (chunk < 32 * 1024 && (chunk << (MAX_BITS + 1)) <= input->memory / 8)
		chunk *= 2;
	input->store = partition_store_create(input->context, input->memory / 2, chunk);
}

/* From now on rows go to partitions, those that are here first. */
static void
begin_partitions(AreaInput *input)
{
	input->bits = MAX_BITS;
	while (input->bits > 2 && ((Size) BLCKSZ << input->bits) > input->memory / 4)
		input->bits--;
	create_store(input);
	input->partitions = MemoryContextAlloc(input->store->context, sizeof(Partition) << input->bits);
	for (int i = 0; i < 1 << input->bits; i++)
		partition_init(&input->partitions[i]);
	ladder_remember_more(input->ladder);
	for (Size i = 0; i < input->n_rows; i++)
		append_to_root(input, (AreaRow *) (input->rows + i * input->row_words));
	pfree(input->rows);
	input->rows = NULL;
	input->n_rows = 0;
}

static void
make_room(AreaInput *input)
{
	Size		bytes = input->max_rows * input->row_words * sizeof(uint64);

	if (bytes >= Min(walk_limit(input), 64 * CACHE_BYTES))
	{
		begin_partitions(input);
		return;
	}
	if (bytes >= MANY_ROWS_BYTES)
		ladder_remember_more(input->ladder);
	input->max_rows *= 2;
	input->rows = repalloc_huge(input->rows, bytes * 2);
}

/*
 * One more row.  Errors: invalid_parameter_value for a cell that is coarser than
 * the finest resolution, datetime_field_overflow at the ends of time.
 */
void
area_input_add(AreaInput *input, Cell cell, TimestampTz at, SubjectKey subject)
{
	union
	{
		AreaRow		row;
		uint64		words[4];
	}			u;

	u.words[0] = ladder_cell(input->ladder, cell);
	u.words[1] = (uint64) (input->ladder->n_buckets > 0 ? ladder_bucket(input->ladder, at)->start[0] : at);
	u.words[2] = subject.high;
	u.words[3] = subject.low;
	if (input->store == NULL && input->n_rows == input->max_rows)
		make_room(input);
	if (input->store != NULL)
		append_to_root(input, &u.row);
	else
		memcpy(input->rows + input->n_rows++ * input->row_words, u.words,
			   input->row_words * sizeof(uint64));
}

/* ---- what fits -------------------------------------------------------------- */

static RowSpan
chunk_span(const PartitionChunk *chunk)
{
	RowSpan		span = {chunk->words, chunk->words + chunk->used};

	return span;
}

/* Walks through a partition in one piece. */
static void
walk_whole(AreaWalk *walk, Partition *partition)
{
	PartitionStore *store = walk->store;
	RowSpan    *spans;
	int			n = 0;

	partition_load(store, partition);
	for (PartitionChunk *chunk = partition->chunks; chunk; chunk = chunk->next)
		n++;
	spans = MemoryContextAlloc(store->context, n * sizeof(RowSpan));
	n = 0;
	for (PartitionChunk *chunk = partition->chunks; chunk; chunk = chunk->next)
		spans[n++] = chunk_span(chunk);
	area_walk_rows(walk, spans, n, partition->records);
	pfree(spans);
	partition_drop(store, partition);
}

/* Walks through rows of one box of level 0, however many. */
static void
walk_one_leaf(AreaWalk *walk, Partition *partition)
{
	PartitionChunk *chunk;
	bool		begun = false;

	while ((chunk = partition_take(walk->store, partition)) != NULL)
	{
		const AreaRow *row = (const AreaRow *) chunk->words;

		CHECK_FOR_INTERRUPTS();
		if (!begun)
		{
			LeafKey		key = area_row_key(walk->ladder, row);

			area_walk_leaf(walk, &key, row->cell);
			begun = true;
		}
		area_walk_leaf_rows(walk, chunk_span(chunk));
		partition_release(walk->store, chunk);
	}
}

/* ---- what does not ---------------------------------------------------------- */

static void walk_part(AreaInput *input, AreaWalk *walk, Part *part, int bits);

/* Looks at one more row; when the sample is full, every other key is dropped. */
static inline void
sample_row(Sample *sample, const Ladder *ladder, const AreaRow *row)
{
	if (sample->seen++ % sample->stride != 0)
		return;
	if (sample->n == SAMPLE)
	{
		for (int i = 1; i < SAMPLE / 2; i++)
			sample->keys[i] = sample->keys[2 * i];
		sample->n = SAMPLE / 2;
		sample->stride *= 2;
	}
	sample->keys[sample->n++] = area_row_key(ladder, row);
}

static Part *
create_parts(PartitionStore *store, int n)
{
	Part	   *parts = MemoryContextAllocZero(store->context, n * sizeof(Part));

	for (int i = 0; i < n; i++)
	{
		partition_init(&parts[i].partition);
		parts[i].one_root = true;
		parts[i].sample.stride = 1;
	}
	return parts;
}

static void
append_to_part(AreaInput *input, Part *part, const AreaRow *row, uint64 hash)
{
	if (part->partition.records == 0)
		part->hash = hash;
	part->one_root &= part->hash == hash;
	sample_row(&part->sample, input->ladder, row);
	append_row(input->store, &part->partition, row, input->row_words);
}

/* Divides a partition by the next bits of the hash of the root. */
static void
divide_by_hash(AreaInput *input, AreaWalk *walk, Part *whole, int bits)
{
	int			n = 1 << DIVIDE_BITS;
	int			shift = 64 - bits - DIVIDE_BITS;
	Part	   *parts = create_parts(input->store, n);
	PartitionChunk *chunk;

	while ((chunk = partition_take(input->store, &whole->partition)) != NULL)
	{
		RowSpan		span = chunk_span(chunk);

		CHECK_FOR_INTERRUPTS();
		for (const uint64 *at = span.begin; at < span.end; at += input->row_words)
		{
			uint64		hash = root_hash(input, (const AreaRow *) at);

			append_to_part(input, &parts[hash >> shift & (n - 1)], (const AreaRow *) at, hash);
		}
		partition_release(input->store, chunk);
	}
	for (int i = 0; i < n; i++)
		walk_part(input, walk, &parts[i], bits + DIVIDE_BITS);
	pfree(parts);
}

static int
compare_keys(const void *a, const void *b)
{
	return leaf_compare(a, b);
}

/* Different keys from the sample, in order, evenly chosen; how many. */
static int
choose_cuts(Sample *sample, LeafKey *cuts)
{
	int			n = 0;
	int			n_cuts;

	qsort(sample->keys, sample->n, sizeof(LeafKey), compare_keys);
	for (int i = 0; i < sample->n; i++)
	{
		if (n == 0 || leaf_compare(&sample->keys[n - 1], &sample->keys[i]) != 0)
			sample->keys[n++] = sample->keys[i];
	}
	n_cuts = Min(n, MAX_CUTS);
	for (int i = 0; i < n_cuts; i++)
		cuts[i] = sample->keys[(2 * i + 1) * n / (2 * n_cuts)];
	return n_cuts;
}

/* The part of a key: 2i + 1 where it is cut i, else 2i where i cuts come before it. */
static inline int
part_of_key(const LeafKey *cuts, int n_cuts, const LeafKey *key)
{
	int			low = 0;
	int			high = n_cuts;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		int			c = leaf_compare(&cuts[middle], key);

		if (c == 0)
			return 2 * middle + 1;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 2 * low;
}

/*
 * Divides a partition by the order of the tree.  The cuts are keys that occur, so
 * each part is smaller than the whole, but for one that is a single box.
 */
static void
divide_by_order(AreaInput *input, AreaWalk *walk, Part *whole, int bits)
{
	LeafKey		cuts[MAX_CUTS];
	int			n_cuts = choose_cuts(&whole->sample, cuts);
	int			n = 2 * n_cuts + 1;
	Part	   *parts = create_parts(input->store, n);
	PartitionChunk *chunk;

	while ((chunk = partition_take(input->store, &whole->partition)) != NULL)
	{
		RowSpan		span = chunk_span(chunk);

		CHECK_FOR_INTERRUPTS();
		for (const uint64 *at = span.begin; at < span.end; at += input->row_words)
		{
			LeafKey		key = area_row_key(input->ladder, (const AreaRow *) at);

			append_to_part(input, &parts[part_of_key(cuts, n_cuts, &key)], (const AreaRow *) at, 0);
		}
		partition_release(input->store, chunk);
	}
	for (int i = 0; i < n; i++)
	{
		if (i % 2 == 1)
			walk_one_leaf(walk, &parts[i].partition);
		else
			walk_part(input, walk, &parts[i], bits);
	}
	pfree(parts);
}

/* Walks through a part, whatever its size. */
static void
walk_part(AreaInput *input, AreaWalk *walk, Part *part, int bits)
{
	Partition  *partition = &part->partition;

	check_stack_depth();
	if (partition->records == 0)
		return;
	if (partition->bytes <= walk_limit(input) && partition->records <= MAX_ROWS)
		walk_whole(walk, partition);
	else if (part->sample.n > 0 && (part->one_root || bits + DIVIDE_BITS > HASH_BITS))
		divide_by_order(input, walk, part, bits);
	else
		divide_by_hash(input, walk, part, bits);
}

/* ---- all --------------------------------------------------------------------- */

static void
walk_partitions(AreaInput *input, AreaWalk *walk)
{
	Part	   *part = create_parts(input->store, 1);

	for (int i = 0; i < 1 << input->bits; i++)
	{
		part->partition = input->partitions[i];
		part->sample.n = 0;
		walk_part(input, walk, part, input->bits);
	}
	pfree(part);
}

/*
 * All rows are in: the areas, in no order, valid until the input is destroyed.
 * The rows are gone then.
 */
Area *
area_input_finish(AreaInput *input, AreaRule rule, Size *n_areas)
{
	AreaWalk	walk;

	if (input->store == NULL && input->n_rows * input->row_words * sizeof(uint64) > CACHE_BYTES)
		begin_partitions(input);
	if (input->store == NULL)
		create_store(input);
	area_walk_init(&walk, input->ladder, input->store, input->row_words, input->k, rule);
	if (input->rows)
	{
		RowSpan		span = {input->rows, input->rows + input->n_rows * input->row_words};

		area_walk_rows(&walk, &span, 1, input->n_rows);
	}
	else
		walk_partitions(input, &walk);
	area_tree_finish(&walk.tree);
	*n_areas = walk.tree.n_areas;
	return walk.tree.areas;
}
