/*
 * subject_set_io.c
 *		Text and binary form of subject_set, and the stored form in general.
 *
 * Text:   1:uuid:20:<hexadecimal digits of the keys, ascending>
 * Binary: the stored form, byte by byte (see subject_set.h)
 *
 * Both are lossless, and both refuse whatever this room would not have written:
 * an unknown version or kind, a negative k, subjects out of order or twice.
 * Errors never quote the input: it may hold identifiers.
 */
#include "kanon/kanon.h"

#include <openssl/evp.h>

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(subject_set_in);
PG_FUNCTION_INFO_V1(subject_set_out);
PG_FUNCTION_INFO_V1(subject_set_recv);
PG_FUNCTION_INFO_V1(subject_set_send);

static const char *const kind_names[] = {NULL, "uuid", "bigint", "text"};

/* ---- values -------------------------------------------------------------- */

/* Takes a set apart, whatever its form. */
SetValue
set_value(Datum datum)
{
	struct varlena *value = PG_DETOAST_DATUM(datum);
	const uint8 *bytes = (const uint8 *) VARDATA(value);
	SetValue	result = {0};

	if (VARSIZE(value) >= SUBJECT_SET_HEADER && subject_set_is_growing(bytes))
	{
		result.growing = (SubjectSet *) value;
		result.capacity = subject_set_capacity(VARSIZE(value));
		result.kind = (SubjectKind) result.growing->kind;
		result.k = result.growing->k;
		result.count = result.growing->count;
		return result;
	}
	if (!subject_set_view(bytes, VARSIZE(value) - VARHDRSZ, &result.stored))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored subject set is damaged"),
				 errhint("Check the table's pages, for example with amcheck, and rebuild the set from its events.")));
	result.kind = result.stored.kind;
	result.k = result.stored.k;
	result.count = result.stored.count;
	return result;
}

/* A new stored set of that many subjects, its header written. */
static struct varlena *
new_stored(SubjectKind kind, int32 k, uint64 count)
{
	size_t		size = VARHDRSZ + subject_set_stored_size(kind, count);
	struct varlena *result;

	if (!AllocSizeIsValid(size))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("subject set is too large to be stored"),
				 errdetail("A value holds less than 1 GB."),
				 errhint("Keep sets of smaller groups, such as cells or hours.")));
	result = palloc(size);
	SET_VARSIZE(result, size);
	subject_set_write_header((uint8 *) VARDATA(result), kind, k);
	return result;
}

/* The stored form of any set: a set that is stored already comes back as it is. */
struct varlena *
set_freeze(Datum datum)
{
	SetValue	value = set_value(datum);
	struct varlena *result;
	SubjectKey *scratch;

	if (value.growing == NULL)
		return PG_DETOAST_DATUM(datum);

	result = new_stored(value.kind, value.k, value.count);
	scratch = MemoryContextAllocHuge(CurrentMemoryContext,
									 Max(value.count, 1) * sizeof(SubjectKey));
	subject_set_store(value.growing, value.capacity, scratch,
					  (uint8 *) VARDATA(result));
	pfree(scratch);
	return result;
}

/*
 * A text subject as a key: the first 128 bits of SHA-256 over its bytes.  Two of
 * n texts share a key with probability below n^2 / 2^129 (10^9 subjects: 1.5e-21),
 * and then a count is one too small, never too large.  The digest is not a
 * pseudonym: whoever can list the subjects can list the digests.
 */
SubjectKey
subject_key_from_text(const text *subject)
{
	static EVP_MD *sha256 = NULL;	/* for the life of the backend */
	static EVP_MD_CTX *context = NULL;
	unsigned char digest[EVP_MAX_MD_SIZE];
	Subject		canonical = subject_from_text(subject);

	if (sha256 == NULL)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (context == NULL)
		context = EVP_MD_CTX_new();
	if (sha256 == NULL || context == NULL ||
		!EVP_DigestInit_ex2(context, sha256, NULL) ||
		!EVP_DigestUpdate(context, canonical.bytes, canonical.len) ||
		!EVP_DigestFinal_ex(context, digest, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				 errmsg("OpenSSL could not compute a SHA-256 digest"),
				 errhint("Check that the server's OpenSSL has a provider with SHA-256.")));
	return subject_key_from_bytes(digest);
}

/* ---- text ---------------------------------------------------------------- */

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* k in decimal as written by us: no sign, no leading zero, ends at a colon. */
static const char *
parse_k(const char *p, int32 *k)
{
	int64		value = 0;
	const char *start = p;

	for (; *p >= '0' && *p <= '9'; p++)
	{
		value = value * 10 + (*p - '0');
		if (value > PG_INT32_MAX)
			return NULL;
	}
	if (p == start || *p != ':' || (*start == '0' && p > start + 1))
		return NULL;
	*k = (int32) value;
	return p + 1;
}

/* What stands before the keys; NULL when it is not ours. */
static const char *
parse_prefix(const char *p, SubjectKind *kind, int32 *k)
{
	if (strncmp(p, "1:", 2) != 0)
		return NULL;
	p += 2;
	for (int i = SUBJECT_KIND_UUID; i <= SUBJECT_KIND_TEXT; i++)
	{
		size_t		length = strlen(kind_names[i]);

		if (strncmp(p, kind_names[i], length) == 0 && p[length] == ':')
		{
			*kind = (SubjectKind) i;
			return parse_k(p + length + 1, k);
		}
	}
	return NULL;
}

/* Parses text into a stored set; on failure NULL and what is wrong. */
static struct varlena *
parse_text(const char *text, const char **detail)
{
	SubjectKind kind;
	int32		k;
	const char *p = parse_prefix(text, &kind, &k);
	size_t		digits;
	size_t		width;
	struct varlena *result;
	uint8	   *bytes;

	*detail = "It does not begin with a version, a kind of subject and k.";
	if (p == NULL)
		return NULL;
	digits = strlen(p);
	width = subject_key_width(kind) * 2;
	*detail = "It ends within a subject.";
	if (digits % width != 0)
		return NULL;

	result = new_stored(kind, k, digits / width);
	bytes = (uint8 *) VARDATA(result) + SUBJECT_SET_STORED_HEADER;
	*detail = "Its subjects are not lower-case hexadecimal digits.";
	for (size_t i = 0; i < digits; i += 2)
	{
		int			high = hex_digit(p[i]);
		int			low = hex_digit(p[i + 1]);

		if ((high | low) < 0)
			return NULL;
		bytes[i / 2] = (uint8) (high << 4 | low);
	}
	*detail = subject_set_check((uint8 *) VARDATA(result),
								VARSIZE(result) - VARHDRSZ);
	return *detail == NULL ? result : NULL;
}

/*
 * subject_set_in(cstring): the text form; anything else is an error
 * (invalid_text_representation), soft where PostgreSQL asks for it.
 */
Datum
subject_set_in(PG_FUNCTION_ARGS)
{
	const char *detail;
	struct varlena *result = parse_text(PG_GETARG_CSTRING(0), &detail);

	if (result == NULL)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input for type subject_set"),
				 errdetail("%s", detail),
				 errhint("Use text that subject_set's output wrote, unchanged.")));
	PG_RETURN_POINTER(result);
}

/* subject_set_out(subject_set): lossless text. */
Datum
subject_set_out(PG_FUNCTION_ARGS)
{
	static const char digits[] = "0123456789abcdef";
	struct varlena *set = set_freeze(PG_GETARG_DATUM(0));
	const uint8 *bytes = (const uint8 *) VARDATA(set);
	size_t		size = VARSIZE(set) - VARHDRSZ;
	SetValue	value = set_value(PointerGetDatum(set));
	char		prefix[32];
	size_t		n = snprintf(prefix, sizeof(prefix), "1:%s:%d:",
							 kind_names[value.kind], value.k);
	size_t		total = n + 2 * (size - SUBJECT_SET_STORED_HEADER) + 1;
	char	   *result;

	if (!AllocSizeIsValid(total))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("subject set is too large for its text form"),
				 errdetail("Text holds less than 1 GB."),
				 errhint("Use the binary form, for example COPY … WITH (FORMAT binary).")));
	result = palloc(total);
	memcpy(result, prefix, n);
	for (size_t i = SUBJECT_SET_STORED_HEADER; i < size; i++)
	{
		result[n++] = digits[bytes[i] >> 4];
		result[n++] = digits[bytes[i] & 15];
	}
	result[n] = '\0';
	PG_RETURN_CSTRING(result);
}

/* ---- binary -------------------------------------------------------------- */

/* subject_set_recv(internal): the stored form, checked before it is believed. */
Datum
subject_set_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buffer = (StringInfo) PG_GETARG_POINTER(0);
	size_t		size = buffer->len - buffer->cursor;
	const char *bytes = pq_getmsgbytes(buffer, (int) size);
	const char *detail = subject_set_check((const uint8 *) bytes, size);
	struct varlena *result;

	if (detail != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary input for type subject_set"),
				 errdetail("%s", detail),
				 errhint("Use bytes that subject_set's binary output wrote, unchanged.")));
	result = palloc(VARHDRSZ + size);
	SET_VARSIZE(result, VARHDRSZ + size);
	memcpy(VARDATA(result), bytes, size);
	PG_RETURN_POINTER(result);
}

/* subject_set_send(subject_set): the stored form. */
Datum
subject_set_send(PG_FUNCTION_ARGS)
{
	/* The layout of bytea is the layout of the stored form. */
	PG_RETURN_BYTEA_P(set_freeze(PG_GETARG_DATUM(0)));
}
