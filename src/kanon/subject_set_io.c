/*
 * subject_set_io.c
 *		Text and binary form of subject_set, and the stored form in general.
 *
 * Text:   see subject_set_text.c
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
		subject_set_settle(result.growing, result.capacity);
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

/* Parses text into a stored set; on failure NULL and what is wrong. */
static struct varlena *
parse_text(const char *text, const char **detail)
{
	SubjectSetText parsed;
	struct varlena *result;

	*detail = subject_set_text_begin(text, &parsed);
	if (*detail)
		return NULL;
	result = new_stored(parsed.kind, parsed.k, parsed.count);
	*detail = subject_set_text_keys(&parsed, (uint8 *) VARDATA(result));
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
	struct varlena *set = set_freeze(PG_GETARG_DATUM(0));
	SubjectSetView view;
	size_t		size;
	char	   *result;

	(void) subject_set_view((uint8 *) VARDATA(set), VARSIZE(set) - VARHDRSZ, &view);
	size = subject_set_text_size(&view);
	if (!AllocSizeIsValid(size))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("subject set is too large for its text form"),
				 errdetail("Text holds less than 1 GB."),
				 errhint("Use the binary form, for example COPY … WITH (FORMAT binary).")));
	result = palloc(size);
	subject_set_text_write(&view, result);
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
