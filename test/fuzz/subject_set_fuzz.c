/*
 * subject_set_fuzz.c
 *		Feeds well-formed, slightly wrong and random sets to the readers of
 *		subject_set, text and binary; prints TAP.  Built with AddressSanitizer:
 *		every input lies in a block of exactly its size.
 *
 *		subject_set_fuzz INPUTS [SEED]
 *
 * What is accepted has to be exactly what we would have written ourselves, also
 * after a way through a growing set.
 */
#include "kanon/subject_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;
static long accepted_text, refused_text, accepted_binary, refused_binary, wrong;

/* splitmix64 */
static uint64_t
next(void)
{
	uint64_t	z = (state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static uint32_t
below(uint32_t n)
{
	return (uint32_t) (next() % n);
}

static void *
xmalloc(size_t size)
{
	void	   *p = malloc(size ? size : 1);

	if (p == NULL)
		abort();
	return p;
}

/* A well-formed stored set; some keys are small, so that (0, 0) and neighbours occur. */
static uint8_t *
make_stored(size_t *size)
{
	SubjectKind kind = (SubjectKind) (1 + below(3));
	uint32_t	n = below(4) == 0 ? below(200) : below(20);
	uint32_t	capacity = subject_set_capacity_for(n);
	SubjectSet *set = xmalloc(subject_set_size(capacity));
	SubjectKey *scratch = xmalloc(n * sizeof(SubjectKey));
	uint8_t    *bytes;

	subject_set_init(set, kind, below(2) ? (int32_t) below(100) : (int32_t) (next() >> 33), capacity);
	for (uint32_t i = 0; i < n; i++)
	{
		SubjectKey	key = {next(), next()};

		if (below(3) == 0)
			key.high = below(3), key.low = below(3);
		if (kind == SUBJECT_KIND_BIGINT)
			key.low = 0;
		if (subject_set_add(set, capacity, key) == SUBJECT_SET_FULL)
			abort();
	}
	*size = subject_set_stored_size(kind, set->count);
	bytes = xmalloc(*size);
	subject_set_store(set, capacity, scratch, bytes);
	free(scratch);
	free(set);
	return bytes;
}

/* A copy of exactly its size with a few bytes changed, cut off, added, doubled or swapped. */
static uint8_t *
mutate(const uint8_t *bytes, size_t *size, const char *alphabet)
{
	size_t		n = *size;
	uint8_t    *result = xmalloc(n + 64);
	uint8_t    *exact;

	memcpy(result, bytes, n);
	for (uint32_t change = below(4); change > 0; change--)
	{
		uint8_t		byte = alphabet && below(4) ? (uint8_t) alphabet[below((uint32_t) strlen(alphabet))] : (uint8_t) next();
		/* Half of the changes hit the header. */
		size_t		at = n == 0 ? 0 : below(2) ? below((uint32_t) n) : below((uint32_t) (n < 24 ? n : 24));

		switch (below(5))
		{
			case 0:
				if (n > 0)
					result[at] = byte;
				break;
			case 1:
				n = at;
				break;
			case 2:
				if (n < *size + 8)
				{
					memmove(result + at + 1, result + at, n - at);
					result[at] = byte;
					n++;
				}
				break;
			case 3:
				if (n > 0)
				{
					memmove(result + at, result + at + 1, n - at - 1);
					n--;
				}
				break;
			case 4:
				if (n >= 2)
				{
					size_t		with = below((uint32_t) n);
					uint8_t		b = result[at];

					result[at] = result[with];
					result[with] = b;
				}
				break;
		}
	}
	exact = xmalloc(n);
	memcpy(exact, result, n);
	free(result);
	*size = n;
	return exact;
}

static void
expect(int ok, const char *what)
{
	if (!ok && wrong++ < 10)
		printf("# wrong: %s\n", what);
}

/* A set that was believed: through a growing set and back. */
static void
try_stored(const uint8_t *bytes, size_t size)
{
	SubjectSetView view;
	uint32_t	capacity;
	SubjectSet *set;
	SubjectKey *scratch;
	uint8_t    *back;

	if (!subject_set_view(bytes, size, &view))
	{
		expect(0, "checked, and not to be viewed");
		return;
	}
	capacity = subject_set_capacity_for(view.count);
	set = xmalloc(subject_set_size(capacity));
	scratch = xmalloc(view.count * sizeof(SubjectKey));
	back = xmalloc(size);
	subject_set_init(set, view.kind, view.k, capacity);
	expect(subject_set_merge_view(set, capacity, &view), "no room for its own subjects");
	expect(set->count == view.count, "subjects lost");
	expect(subject_set_stored_size(view.kind, set->count) == size, "another size");
	subject_set_store(set, capacity, scratch, back);
	expect(memcmp(back, bytes, size) == 0, "not what we write ourselves");
	free(back);
	free(scratch);
	free(set);
}

static void
try_binary(const uint8_t *bytes, size_t size)
{
	SubjectSetView view;

	if (subject_set_check(bytes, size) != NULL)
	{
		refused_binary++;
		/* Damaged pages get that far: no crash. */
		(void) subject_set_view(bytes, size, &view);
		return;
	}
	accepted_binary++;
	try_stored(bytes, size);
}

static void
try_text(const char *text)
{
	SubjectSetText parsed;
	SubjectSetView view;
	uint8_t    *bytes;
	char	   *back;
	size_t		size;

	if (subject_set_text_begin(text, &parsed) != NULL)
	{
		refused_text++;
		return;
	}
	size = subject_set_stored_size(parsed.kind, parsed.count);
	bytes = xmalloc(size);
	if (subject_set_text_keys(&parsed, bytes) != NULL)
		refused_text++;
	else
	{
		accepted_text++;
		try_stored(bytes, size);
		(void) subject_set_view(bytes, size, &view);
		back = xmalloc(subject_set_text_size(&view));
		subject_set_text_write(&view, back);
		expect(strcmp(back, text) == 0, "another text");
		free(back);
	}
	free(bytes);
}

/* One input of each form. */
static void
one_round(void)
{
	size_t		size;
	uint8_t    *stored = make_stored(&size);
	size_t		wrong_size = size;
	uint8_t    *input = mutate(stored, &wrong_size, NULL);
	SubjectSetView view;
	char	   *text;
	char	   *wrong_text;

	try_binary(input, wrong_size);
	free(input);

	(void) subject_set_view(stored, size, &view);
	text = xmalloc(subject_set_text_size(&view));
	subject_set_text_write(&view, text);
	wrong_size = strlen(text);
	input = mutate((uint8_t *) text, &wrong_size, "0123456789abcdefA:- uidtexbgn");
	wrong_text = xmalloc(wrong_size + 1);
	memcpy(wrong_text, input, wrong_size);
	wrong_text[wrong_size] = '\0';
	try_text(wrong_text);
	free(wrong_text);
	free(input);
	free(text);
	free(stored);
}

int
main(int argc, char **argv)
{
	long		inputs = argc > 1 ? atol(argv[1]) : 10000;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	for (long i = 0; i < inputs; i += 2)
		one_round();
	printf("1..3\n");
	printf("%sok 1 - %ld inputs: what is accepted is what we write\n", wrong ? "not " : "", inputs);
	printf("%sok 2 - text: %ld accepted, %ld refused\n",
		   accepted_text > inputs / 50 && refused_text > inputs / 50 ? "" : "not ", accepted_text, refused_text);
	printf("%sok 3 - binary: %ld accepted, %ld refused\n",
		   accepted_binary > inputs / 50 && refused_binary > inputs / 50 ? "" : "not ", accepted_binary, refused_binary);
	return wrong != 0;
}
