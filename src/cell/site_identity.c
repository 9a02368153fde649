/*
 * site_identity.c
 *		Reading, checking and writing the identity of a radio cell.
 */
#include "site_identity.h"

#include <stdio.h>
#include <string.h>

typedef struct KindRule
{
	const char *name;
	const char *radio;			/* as OpenCelliD writes it */
	bool		has_area;
	int			cell_bits;
	const char *too_large;
} KindRule;

static const KindRule rules[] = {
	[SITE_CGI] = {"cgi", "GSM", true, 16, "A cell of GSM has at most 16 bits."},
	[SITE_UTRAN] = {"utran", "UMTS", true, 28, "A cell of UMTS has at most 28 bits."},
	[SITE_ECGI] = {"ecgi", "LTE", false, 28, "A cell of LTE has at most 28 bits."},
	[SITE_NCGI] = {"ncgi", "NR", false, 36, "A cell of NR has at most 36 bits."},
};

#define KINDS ((int) (sizeof(rules) / sizeof(rules[0])))

/* The kind of identity that a radio technology has: GSM, UMTS, LTE or NR. */
bool
site_kind_of_radio(const char *radio, size_t len, SiteKind *kind)
{
	for (int i = 0; i < KINDS; i++)
	{
		if (strlen(rules[i].radio) == len && memcmp(rules[i].radio, radio, len) == 0)
		{
			*kind = (SiteKind) i;
			return true;
		}
	}
	return false;
}

static bool
is_digits(const char *text, size_t least, size_t most)
{
	size_t		len = strlen(text);

	return len >= least && len <= most && strspn(text, "0123456789") == len;
}

/* Whether the parts are in their ranges; the reason where not. */
bool
site_identity_check(const SiteIdentity *identity, const char **detail)
{
	const KindRule *rule = &rules[identity->kind];

	*detail = NULL;
	if (!is_digits(identity->mcc, 3, 3))
		*detail = "A mobile country code has three digits.";
	else if (!is_digits(identity->mnc, 2, 3))
		*detail = "A mobile network code has two or three digits; they are not a number, so a leading zero counts.";
	else if (rule->has_area && (identity->area < 0 || identity->area > 0xFFFF))
		*detail = "A location area code has at most 16 bits.";
	/* what a phone reports when it has no valid area, clause 4.1 */
	else if (rule->has_area && (identity->area == 0 || identity->area == 0xFFFE))
		*detail = "The location area codes 0 and 65534 are reserved and belong to no cell.";
	else if (identity->cell < 0 || identity->cell >> rule->cell_bits != 0)
		*detail = rule->too_large;
	return *detail == NULL;
}

/* Up to the separator (or the end), digits copied as they are. */
static bool
read_code(const char *text, size_t len, size_t *at, char code[4])
{
	size_t		n = 0;

	while (*at < len && text[*at] >= '0' && text[*at] <= '9')
	{
		if (n == 3)
			return false;
		code[n++] = text[(*at)++];
	}
	code[n] = '\0';
	return n >= 2;
}

/* A number, decimal or 0x and hexadecimal, of at most 40 bits. */
static bool
read_number(const char *text, size_t len, size_t *at, int64_t *number)
{
	static const char digits[] = "0123456789abcdef";
	int			base = 10;
	size_t		from;

	if (*at + 2 <= len && text[*at] == '0' && (text[*at + 1] == 'x' || text[*at + 1] == 'X'))
	{
		base = 16;
		*at += 2;
	}
	from = *at;
	*number = 0;
	for (; *at < len; (*at)++)
	{
		char		c = (text[*at] >= 'A' && text[*at] <= 'F') ? (char) (text[*at] + 32) : text[*at];
		const char *digit = c != '\0' ? memchr(digits, c, (size_t) base) : NULL;

		if (digit == NULL)
			break;
		*number = *number * base + (digit - digits);
		if (*number >> 40 != 0)
			return false;
	}
	return *at > from;
}

static bool
fail_at(SiteParseError *error, size_t at, const char *detail)
{
	error->position = (int) at + 1;
	error->detail = detail;
	return false;
}

/* "cgi:" and its like; the place after it. */
static bool
read_kind(const char *text, size_t len, size_t *at, SiteKind *kind)
{
	for (int i = 0; i < KINDS; i++)
	{
		size_t		n = strlen(rules[i].name);

		if (len > n && memcmp(text, rules[i].name, n) == 0 && text[n] == ':')
		{
			*kind = (SiteKind) i;
			*at = n + 1;
			return true;
		}
	}
	return false;
}

/* Reads an identity and checks it; false with position and reason. */
bool
site_identity_parse(const char *text, size_t len, SiteIdentity *identity,
					SiteParseError *error)
{
	size_t		at = 0;
	int64_t    *numbers[2] = {&identity->area, &identity->cell};

	memset(identity, 0, sizeof(*identity));
	if (!read_kind(text, len, &at, &identity->kind))
		return fail_at(error, 0, "\"cgi:\", \"utran:\", \"ecgi:\" or \"ncgi:\" was expected here.");
	if (!read_code(text, len, &at, identity->mcc) || strlen(identity->mcc) != 3)
		return fail_at(error, at, "A mobile country code of three digits was expected here.");
	if (at >= len || text[at++] != '-')
		return fail_at(error, at < len ? at - 1 : len, "\"-\" was expected here.");
	if (!read_code(text, len, &at, identity->mnc))
		return fail_at(error, at, "A mobile network code of two or three digits was expected here.");
	for (int i = rules[identity->kind].has_area ? 0 : 1; i < 2; i++)
	{
		if (at >= len || text[at] != '-')
			return fail_at(error, at, "\"-\" was expected here.");
		at++;
		if (!read_number(text, len, &at, numbers[i]))
			return fail_at(error, at, "A number, decimal or hexadecimal with 0x, was expected here.");
	}
	if (at < len)
		return fail_at(error, at, "The end was expected here.");
	if (!site_identity_check(identity, &error->detail))
		return fail_at(error, len - 1, error->detail);
	return true;
}

/* Writes the one text form: decimal, without leading zeros but in the codes. */
int
site_identity_format(const SiteIdentity *identity, char buffer[SITE_TEXT_LEN])
{
	const KindRule *rule = &rules[identity->kind];

	if (rule->has_area)
		return snprintf(buffer, SITE_TEXT_LEN, "%s:%s-%s-%lld-%lld", rule->name, identity->mcc,
						identity->mnc, (long long) identity->area, (long long) identity->cell);
	return snprintf(buffer, SITE_TEXT_LEN, "%s:%s-%s-%lld", rule->name, identity->mcc,
					identity->mnc, (long long) identity->cell);
}
