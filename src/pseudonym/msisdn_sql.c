/*
 * msisdn_sql.c
 *		normalize_msisdn() and try_normalize_msisdn().
 *
 * No error shows the number, nor a default country that might be the number
 * because the arguments were swapped.
 */
#include "pseudonym.h"

#include "msisdn.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(normalize_msisdn);
PG_FUNCTION_INFO_V1(try_normalize_msisdn);

static const NumberingPlan *
default_country(const text *country)
{
	const char *bytes = VARDATA_ANY(country);
	int			len = VARSIZE_ANY_EXHDR(country);
	const NumberingPlan *plan = plan_of_country(bytes, len);

	if (plan == NULL && len == 2 && isalpha((unsigned char) bytes[0]) && isalpha((unsigned char) bytes[1]))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("how country \"%.2s\" writes its telephone numbers is not known", bytes),
				 errhint("Give numbers of this country with + and country code.")));
	if (plan == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the default country is not an ISO 3166-1 alpha-2 code"),
				 errhint("Germany is 'DE'; the number comes first.")));
	return plan;
}

static void
report_refused(MsisdnResult result)
{
	static const struct
	{
		int			code;
		const char *detail;
		const char *hint;
	}			reason[] = {
		[MSISDN_CHARACTER] = {ERRCODE_NO_MSISDN,
			"It contains something else than digits, a leading +, one pair of parentheses, and the separators space, hyphen, slash and full stop."},
		[MSISDN_LENGTH] = {ERRCODE_NO_MSISDN,
		"It has fewer or more digits than numbers of its country have."},
		[MSISDN_NO_COUNTRY_CODE] = {ERRCODE_NO_MSISDN,
		"It does not begin with an assigned country code."},
		[MSISDN_NO_COUNTRY] = {ERRCODE_AMBIGUOUS_MSISDN,
			"It does not begin with +, so its country is not known.",
		"Give the country it was written in: normalize_msisdn(number, 'DE')."},
		[MSISDN_FORM] = {ERRCODE_AMBIGUOUS_MSISDN,
			"It has neither the trunk prefix of the default country in front, nor its country code.",
		"Numbers of other countries begin with +, or with the default country's prefix for calls abroad."},
		[MSISDN_ZERO] = {ERRCODE_AMBIGUOUS_MSISDN,
			"A 0 in it may or may not belong to the number.",
		"Leave out the 0 that is dialled inside the country only."},
		[MSISDN_TWO_READINGS] = {ERRCODE_AMBIGUOUS_MSISDN,
			"It could be a national number, or an international one without +.",
		"Give it with + and country code."}
	};

	ereport(ERROR,
			(errcode(reason[result].code),
			 reason[result].code == ERRCODE_NO_MSISDN ?
			 errmsg("telephone number is not valid") :
			 errmsg("telephone number is ambiguous"),
			 errdetail("%s", reason[result].detail),
			 reason[result].hint == NULL ? 0 : errhint("%s", reason[result].hint)));
}

static MsisdnResult
normalize(FunctionCallInfo fcinfo, char digits[E164_MAX + 1])
{
	const text *number = PG_GETARG_TEXT_PP(0);
	const NumberingPlan *country = PG_NARGS() > 1 ? default_country(PG_GETARG_TEXT_PP(1)) : NULL;

	return msisdn_normalize(VARDATA_ANY(number), VARSIZE_ANY_EXHDR(number), country, digits);
}

/*
 * normalize_msisdn(number text [, default_country text]) returns text
 *
 * A telephone number as E.164 digits (7 to 15) with country code and without
 * +, the form of a subject.  default_country, ISO 3166-1 alpha-2, tells how
 * numbers without + are read; without it they are refused.  NULL if an
 * argument is NULL.  Errors: MP006 no telephone number, MP007 more than one
 * reading, 22023 a country whose way of writing is not known.
 */
Datum
normalize_msisdn(PG_FUNCTION_ARGS)
{
	char		digits[E164_MAX + 1];
	MsisdnResult result = normalize(fcinfo, digits);

	if (result != MSISDN_OK)
		report_refused(result);
	PG_RETURN_TEXT_P(cstring_to_text(digits));
}

/*
 * try_normalize_msisdn(number text [, default_country text]) returns text
 *
 * The same, and NULL for a number that normalize_msisdn() refuses.
 */
Datum
try_normalize_msisdn(PG_FUNCTION_ARGS)
{
	char		digits[E164_MAX + 1];

	if (normalize(fcinfo, digits) != MSISDN_OK)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(digits));
}
