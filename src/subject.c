/*
 * subject.c
 *		The canonical form of a subject, shared by consent and pseudonym.
 */
#include "mobanon.h"

#include "utils/builtins.h"

/* The bytes of a text datum that is already detoasted (packed is fine). */
Subject
subject_from_text(const text *t)
{
	Subject		s;

	s.bytes = VARDATA_ANY(t);
	s.len = VARSIZE_ANY_EXHDR(t);
	return s;
}

/* The decimal digits of a bigint, in the caller's buffer. */
Subject
subject_from_int64(int64 value, char buffer[SUBJECT_INT64_BUFFER])
{
	Subject		s;

	s.len = pg_lltoa(value, buffer);
	s.bytes = buffer;
	return s;
}
