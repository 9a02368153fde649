/*
 * subject_set_text.c
 *		The text form of a stored set: pure algorithm, no Datum.
 *
 *		1:uuid:20:<hexadecimal digits of the keys, ascending>
 *
 * version, kind of subject, k in decimal, keys.  Whatever we would not have
 * written ourselves is refused: a sign, a leading zero, an upper-case digit.
 */
#include "subject_set.h"

#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {NULL, "uuid", "bigint", "text"};

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
parse_k(const char *p, int32_t *k)
{
	int64_t		value = 0;
	const char *start = p;

	for (; *p >= '0' && *p <= '9'; p++)
	{
		value = value * 10 + (*p - '0');
		if (value > INT32_MAX)
			return NULL;
	}
	if (p == start || *p != ':' || (*start == '0' && p > start + 1))
		return NULL;
	*k = (int32_t) value;
	return p + 1;
}

/* What stands before the keys; NULL when it is not ours. */
static const char *
parse_prefix(const char *p, SubjectKind *kind, int32_t *k)
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

const char *
subject_set_text_begin(const char *text, SubjectSetText *parsed)
{
	size_t		digits;
	size_t		width;

	parsed->keys = parse_prefix(text, &parsed->kind, &parsed->k);
	if (parsed->keys == NULL)
		return "It does not begin with a version, a kind of subject and k.";
	digits = strlen(parsed->keys);
	width = subject_key_width(parsed->kind) * 2;
	if (digits % width != 0)
		return "It ends within a subject.";
	parsed->count = digits / width;
	return NULL;
}

const char *
subject_set_text_keys(const SubjectSetText *parsed, uint8_t *bytes)
{
	size_t		size = subject_set_stored_size(parsed->kind, parsed->count);

	subject_set_write_header(bytes, parsed->kind, parsed->k);
	for (size_t i = SUBJECT_SET_STORED_HEADER; i < size; i++)
	{
		const char *digits = parsed->keys + 2 * (i - SUBJECT_SET_STORED_HEADER);
		int			high = hex_digit(digits[0]);
		int			low = hex_digit(digits[1]);

		if ((high | low) < 0)
			return "Its subjects are not lower-case hexadecimal digits.";
		bytes[i] = (uint8_t) (high << 4 | low);
	}
	return subject_set_check(bytes, size);
}

static int
text_prefix(const SubjectSetView *view, char prefix[SUBJECT_SET_TEXT_PREFIX])
{
	return snprintf(prefix, SUBJECT_SET_TEXT_PREFIX, "1:%s:%d:",
					kind_names[view->kind], (int) view->k);
}

size_t
subject_set_text_size(const SubjectSetView *view)
{
	char		prefix[SUBJECT_SET_TEXT_PREFIX];

	return (size_t) text_prefix(view, prefix) +
		(size_t) view->count * subject_key_width(view->kind) * 2 + 1;
}

void
subject_set_text_write(const SubjectSetView *view, char *text)
{
	static const char digits[] = "0123456789abcdef";
	char		prefix[SUBJECT_SET_TEXT_PREFIX];
	int			n = text_prefix(view, prefix);
	size_t		size = (size_t) view->count * subject_key_width(view->kind);

	memcpy(text, prefix, n);
	text += n;
	for (size_t i = 0; i < size; i++)
	{
		*text++ = digits[view->keys[i] >> 4];
		*text++ = digits[view->keys[i] & 15];
	}
	*text = '\0';
}
