/*
 * msisdn.c
 *		Reads a telephone number; one subject, one string of digits.
 *
 *		+CC N, 00CC N (with the default country's prefix for abroad)	international
 *		0 N (with the default country's trunk prefix)					national
 *		CC N, with the default country's own code						international
 *		N, in a country without trunk prefix							national
 *
 * N has to have a length that the country gives out.  Where two readings are
 * possible, or a 0 may or may not belong to the number, there is no result: a
 * guess would make one person two, or two persons one.
 */
#include "msisdn.h"

#define SCAN_MAX 24				/* digits: the longest prefix and number, and some */

/* What was written, without its separators. */
typedef struct Scan
{
	char		digits[SCAN_MAX + 1];
	int			n;
	bool		plus;
	int			open;			/* digits before the parenthesis, -1 without one */
	int			close;			/* digits before its end */
} Scan;

static MsisdnResult
scan_number(Scan *scan, const char *text, int len)
{
	bool		inside = false;

	memset(scan, 0, sizeof(Scan));
	scan->open = scan->close = -1;
	for (int i = 0; i < len; i++)
	{
		char		c = text[i];

		if (c >= '0' && c <= '9')
		{
			if (scan->n == SCAN_MAX)
				return MSISDN_LENGTH;
			scan->digits[scan->n++] = c;
		}
		else if (c == '+' && scan->n == 0 && !scan->plus)
			scan->plus = true;
		else if (c == '(' && scan->open < 0)
		{
			scan->open = scan->n;
			inside = true;
		}
		else if (c == ')' && inside)
		{
			scan->close = scan->n;
			inside = false;
		}
		else if (c != ' ' && c != '-' && c != '/' && c != '.')
			return MSISDN_CHARACTER;
	}
	return inside ? MSISDN_CHARACTER : MSISDN_OK;
}

/* Whether the parenthesis begins after so many digits and holds just this. */
static bool
parenthesis_is(const Scan *scan, int after, const char *what)
{
	int			len = scan->close - scan->open;

	return scan->open == after && len > 0 && len == strlen(what) &&
		strncmp(scan->digits + after, what, len) == 0;
}

static void
cut(Scan *scan, int at, int len)
{
	memmove(scan->digits + at, scan->digits + at + len, scan->n - at - len + 1);
	scan->n -= len;
}

static bool
begins_with(const char *digits, const char *prefix)
{
	return prefix[0] != '\0' && strncmp(digits, prefix, strlen(prefix)) == 0;
}

/* Whether N may be a national number in this country. */
static bool
national_fits(const NumberingPlan *plan, const char *national)
{
	int			len = strlen(national);

	/* North America */
	if (strcmp(plan->code, "1") == 0 && national[0] < '2')
		return false;
	return len >= plan->min && len <= plan->max && (plan->zero || national[0] != '0');
}

/* The digits after "+" or the prefix for abroad, of which there were "before". */
static MsisdnResult
read_international(Scan *scan, int before)
{
	const char *digits = scan->digits + before;
	int			code_len = country_code_length(digits);
	const NumberingPlan *plan;

	if (code_len == 0)
		return scan->n - before < E164_MIN ? MSISDN_LENGTH : MSISDN_NO_COUNTRY_CODE;
	plan = plan_of_code(digits);
	/* +49 (0)171: the trunk prefix, shown for those who dial from inside */
	if (plan != NULL && parenthesis_is(scan, before + code_len, plan->trunk))
		cut(scan, scan->open, scan->close - scan->open);
	else if (parenthesis_is(scan, scan->open, "0"))
		return MSISDN_ZERO;
	if (digits[code_len] == '0' && (plan == NULL || !plan->zero))
		return MSISDN_ZERO;
	if (scan->n - before < E164_MIN || scan->n - before > E164_MAX ||
		(plan != NULL && !national_fits(plan, digits + code_len)))
		return MSISDN_LENGTH;
	return MSISDN_OK;
}

/*
 * Digits without "+" or prefix for abroad, as the country writes them.  How
 * many of them are in front of the national number, or a refusal.
 */
static MsisdnResult
read_national(const Scan *scan, const NumberingPlan *plan, int *prefix)
{
	int			code_len = strlen(plan->code);
	int			trunk_len = strlen(plan->trunk);
	bool		with_trunk = begins_with(scan->digits, plan->trunk) && national_fits(plan, scan->digits + trunk_len);
	bool		with_code = begins_with(scan->digits, plan->code) && national_fits(plan, scan->digits + code_len);
	bool		bare = plan->bare && national_fits(plan, scan->digits);

	/* (0) in front is a trunk prefix; elsewhere it could be anything. */
	if (parenthesis_is(scan, scan->open, "0") && scan->open > 0)
		return MSISDN_ZERO;
	/* +1: trunk prefix and country code are the same digit, and mean the same. */
	if (with_trunk && strcmp(plan->code, plan->trunk) == 0)
		with_code = false;
	if (with_trunk + with_code + bare > 1)
		return MSISDN_TWO_READINGS;
	if (with_trunk + with_code + bare == 0)
		return begins_with(scan->digits, plan->trunk) || begins_with(scan->digits, plan->code) || plan->bare ?
			MSISDN_LENGTH : MSISDN_FORM;
	*prefix = with_trunk ? trunk_len : with_code ? code_len : 0;
	return MSISDN_OK;
}

/*
 * The digits of the international number, without "+".  Without a country only
 * numbers with "+" are read.
 */
MsisdnResult
msisdn_normalize(const char *text, int len, const NumberingPlan *country, char digits[E164_MAX + 1])
{
	Scan		scan;
	MsisdnResult result = scan_number(&scan, text, len);
	int			before = 0;

	if (result != MSISDN_OK)
		return result;
	if (scan.n == 0)
		return MSISDN_LENGTH;
	if (!scan.plus && country == NULL)
		return MSISDN_NO_COUNTRY;
	if (!scan.plus && begins_with(scan.digits, country->international))
		before = strlen(country->international);
	/* 49 (0)171: as after "+" */
	else if (!scan.plus && !(begins_with(scan.digits, country->code) &&
							 parenthesis_is(&scan, strlen(country->code), country->trunk)))
	{
		int			prefix = 0;

		result = read_national(&scan, country, &prefix);
		if (result != MSISDN_OK)
			return result;
		if (strlen(country->code) + scan.n - prefix > E164_MAX)
			return MSISDN_LENGTH;
		snprintf(digits, E164_MAX + 1, "%s%s", country->code, scan.digits + prefix);
		return strlen(digits) < E164_MIN ? MSISDN_LENGTH : MSISDN_OK;
	}
	result = read_international(&scan, before);
	if (result == MSISDN_OK)
		snprintf(digits, E164_MAX + 1, "%s", scan.digits + before);
	return result;
}
