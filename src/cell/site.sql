-- Radio cells: what has an identity instead of coordinates.

CREATE FUNCTION mobanon.site_identity(text) RETURNS text
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'site_identity_from_text';
COMMENT ON FUNCTION mobanon.site_identity(text) IS
	'the identity of a radio cell in its one form (cgi:, utran:, ecgi: or ncgi:), checked; an error for what is none; null for null';
CREATE FUNCTION mobanon.try_site_identity(text) RETURNS text
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'try_site_identity_from_text';
COMMENT ON FUNCTION mobanon.try_site_identity(text) IS
	'as site_identity, but null for what is no identity';
CREATE FUNCTION mobanon.site_identity(radio text, mcc text, mnc text, area bigint, cell bigint) RETURNS text
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'site_identity_from_parts';
COMMENT ON FUNCTION mobanon.site_identity(text, text, text, bigint, bigint) IS
	'the identity of a radio cell from its parts; radio is GSM, UMTS, LTE or NR; MCC and MNC are digits, not numbers; area counts for GSM and UMTS only';
CREATE FUNCTION mobanon.try_site_identity(radio text, mcc text, mnc text, area bigint, cell bigint) RETURNS text
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'try_site_identity_from_parts';
COMMENT ON FUNCTION mobanon.try_site_identity(text, text, text, bigint, bigint) IS
	'as site_identity, but null for parts out of range';

CREATE FUNCTION mobanon.eci(enb integer, cell integer) RETURNS bigint
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, mobanon, pg_temp AS $eci$
BEGIN
	IF enb NOT BETWEEN 0 AND (1 << 20) - 1 OR cell NOT BETWEEN 0 AND 255 THEN
		RAISE EXCEPTION 'eNB has at most 20 bits and its cell 8'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Home eNBs have one number of 28 bits: use that as ECI.';
	END IF;
	RETURN enb::bigint << 8 | cell;
END
$eci$;
COMMENT ON FUNCTION mobanon.eci(integer, integer) IS
	'the 28-bit E-UTRAN cell identity of a cell of an eNB (LTE); null for null';
CREATE FUNCTION mobanon.nci(gnb bigint, gnb_bits integer, cell integer) RETURNS bigint
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, mobanon, pg_temp AS $nci$
BEGIN
	IF gnb_bits NOT BETWEEN 22 AND 32 THEN
		RAISE EXCEPTION 'gNB identities have 22 to 32 bits'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'The length is the operator''s choice and cannot be seen from the number.';
	END IF;
	IF gnb NOT BETWEEN 0 AND (1::bigint << gnb_bits) - 1 OR cell NOT BETWEEN 0 AND (1 << (36 - gnb_bits)) - 1 THEN
		RAISE EXCEPTION 'gNB of % bits and its cell of % bits are out of range', gnb_bits, 36 - gnb_bits
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Together they have 36 bits; check the length of the gNB identity.';
	END IF;
	RETURN gnb << (36 - gnb_bits) | cell;
END
$nci$;
COMMENT ON FUNCTION mobanon.nci(bigint, integer, integer) IS
	'the 36-bit NR cell identity of a cell of a gNB whose identity has that many bits (5G); null for null';

CREATE TABLE mobanon.site (
	site_identity text COLLATE "C" NOT NULL CHECK (site_identity OPERATOR(pg_catalog.=) mobanon.site_identity(site_identity)),
	valid_from timestamptz NOT NULL DEFAULT '-infinity',
	valid_to timestamptz CHECK (valid_to OPERATOR(pg_catalog.>) valid_from),
	latitude double precision NOT NULL CHECK (latitude OPERATOR(pg_catalog.>=) -90 AND latitude OPERATOR(pg_catalog.<=) 90),
	longitude double precision NOT NULL CHECK (longitude OPERATOR(pg_catalog.>=) -180 AND longitude OPERATOR(pg_catalog.<=) 180),
	range_m double precision CHECK (range_m OPERATOR(pg_catalog.>=) 0),
	mcc text NOT NULL GENERATED ALWAYS AS (pg_catalog.split_part(pg_catalog.split_part(site_identity, ':', 2), '-', 1)) STORED,
	mnc text NOT NULL GENERATED ALWAYS AS (pg_catalog.split_part(pg_catalog.split_part(site_identity, ':', 2), '-', 2)) STORED,
	PRIMARY KEY (site_identity, valid_from)
);
COMMENT ON TABLE mobanon.site IS
	'where radio cells are: a row holds from valid_from until the next row of the same identity begins, or until valid_to (not included)';
COMMENT ON COLUMN mobanon.site.site_identity IS 'cgi:, utran:, ecgi: or ncgi: identity in its one form';
COMMENT ON COLUMN mobanon.site.valid_from IS 'since when the cell is here';
COMMENT ON COLUMN mobanon.site.valid_to IS 'when the cell ended, not included; null while it lasts';
COMMENT ON COLUMN mobanon.site.latitude IS 'degrees north';
COMMENT ON COLUMN mobanon.site.longitude IS 'degrees east';
COMMENT ON COLUMN mobanon.site.range_m IS 'rough radius of coverage in metres, where known';
COMMENT ON COLUMN mobanon.site.mcc IS 'mobile country code, three digits';
COMMENT ON COLUMN mobanon.site.mnc IS 'mobile network code, two or three digits';
SELECT pg_catalog.pg_extension_config_dump('mobanon.site', '');

CREATE FUNCTION mobanon.coarsen_site(cell_identity text, at timestamptz, resolution text) RETURNS mobanon.cell
	LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.coarsen_site(text, timestamptz, text) IS
	'the cell that holds the site which had that identity at that time; an error for an unknown site; null for null';
CREATE FUNCTION mobanon.try_coarsen_site(cell_identity text, at timestamptz, resolution text) RETURNS mobanon.cell
	LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.try_coarsen_site(text, timestamptz, text) IS
	'as coarsen_site, but null for what is no identity, an unknown site, or a position outside the grid';

-- The place of a column in the header of a file, by any of its names.
CREATE FUNCTION mobanon.site_column(header text[], names text[], required boolean) RETURNS integer
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, mobanon, pg_temp AS $column$
DECLARE
	place	integer;
BEGIN
	SELECT min(array_position(header, name)) INTO place FROM unnest(names) AS name;
	IF place IS NULL AND required THEN
		RAISE EXCEPTION 'line 1: column "%" is missing in the header', names[1]
			USING ERRCODE = 'bad_copy_file_format',
				  HINT = 'The header of an OpenCelliD file names radio, mcc, mnc (or net), area, cell, lon and lat, in any order.';
	END IF;
	RETURN place;
END
$column$;
COMMENT ON FUNCTION mobanon.site_column(text[], text[], boolean) IS
	'For load_sites(): the place of a column in a header; granted to nobody else';

CREATE FUNCTION mobanon.load_sites(source regclass, mnc_digits integer,
	valid_from timestamptz DEFAULT '-infinity', only_mcc text DEFAULT NULL)
	RETURNS TABLE (outcome text, sites bigint)
	LANGUAGE plpgsql SET search_path = pg_catalog, mobanon, pg_temp AS $load$
#variable_conflict use_column
DECLARE
	header	text[];
	bad		bigint;
	radio	integer;
	mcc		integer;
	mnc		integer;
	area	integer;
	cell	integer;
	lon		integer;
	lat		integer;
	range_m	integer;
BEGIN
	IF mnc_digits IS NULL OR mnc_digits NOT IN (2, 3) THEN
		RAISE EXCEPTION 'mnc_digits must be 2 or 3' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Such files drop leading zeros of the MNC, and its length cannot be seen from the number: it is the country''s.';
	END IF;
	EXECUTE format($$SELECT string_to_array(lower(translate(line, U&'\FEFF" ' || E'\r', '')), ',') FROM %s ORDER BY n LIMIT 1$$, source)
		INTO header;
	IF header IS NULL THEN
		RAISE EXCEPTION 'there is no line to load' USING ERRCODE = 'bad_copy_file_format',
			HINT = 'Copy the lines of the file, header first, into the column "line"; the column "n" numbers them.';
	END IF;
	radio := site_column(header, '{radio}', true);
	mcc := site_column(header, '{mcc}', true);
	mnc := site_column(header, '{mnc,net}', true);
	area := site_column(header, '{area,lac,tac}', true);
	cell := site_column(header, '{cell,cellid,cid}', true);
	lon := site_column(header, '{lon,longitude}', true);
	lat := site_column(header, '{lat,latitude}', true);
	range_m := coalesce(site_column(header, '{range_m,range}', false), 0);

	-- What cannot be read at all is an error that names the line.
	EXECUTE format($$
		SELECT n FROM (
			SELECT row_number() OVER (ORDER BY n) AS n, string_to_array(rtrim(line, E'\r'), ',') AS field FROM %s) AS l
		WHERE n > 1 AND NOT coalesce(cardinality(field) = $1
			AND field[$2] ~ '^[0-9]{3}$' AND field[$3] ~ '^[0-9]{1,3}$'
			AND field[$4] ~ '^-?[0-9]{1,12}$' AND field[$5] ~ '^-?[0-9]{1,12}$'
			AND field[$6] ~ '^-?[0-9]{1,9}([.][0-9]*)?$' AND field[$7] ~ '^-?[0-9]{1,9}([.][0-9]*)?$'
			AND coalesce(field[$8], '') ~ '^([0-9]{1,9}([.][0-9]*)?)?$', false)
		ORDER BY n LIMIT 1$$, source)
		INTO bad USING cardinality(header), mcc, mnc, area, cell, lon, lat, range_m;
	IF bad IS NOT NULL THEN
		RAISE EXCEPTION 'line %: not a line of % fields with numbers where the header has them', bad, cardinality(header)
			USING ERRCODE = 'bad_copy_file_format', HINT = 'Nothing was loaded; correct the line or leave it out.';
	END IF;

	-- What can be read but not used is counted.  Of an identity that comes twice the last line counts.
	RETURN QUERY EXECUTE format($$
		WITH line AS (
			SELECT row_number() OVER (ORDER BY n) AS n, string_to_array(rtrim(line, E'\r'), ',') AS field FROM %s
		), parsed AS (
			SELECT n, try_site_identity(field[$1], field[$2], lpad(field[$3], greatest($9, length(field[$3])), '0'),
					field[$4]::bigint, field[$5]::bigint) AS site_identity,
				field[$1] IN ('GSM', 'UMTS', 'LTE', 'NR') AS known_radio,
				field[$6]::double precision AS longitude, field[$7]::double precision AS latitude,
				nullif(field[$8], '')::double precision AS range_m
			FROM line WHERE n > 1 AND ($11 IS NULL OR field[$2] = $11)
		), judged AS (
			SELECT parsed.*, CASE
				WHEN NOT known_radio THEN 'refused: radio technology'
				WHEN site_identity IS NULL THEN 'refused: identity'
				WHEN abs(parsed.latitude) > 90 OR abs(parsed.longitude) > 180
					OR parsed.latitude = 0 AND parsed.longitude = 0 THEN 'refused: position'
				WHEN n < max(n) OVER (PARTITION BY site_identity) THEN 'superseded in the file'
				WHEN (before.latitude, before.longitude) = (parsed.latitude, parsed.longitude)
					AND before.range_m IS NOT DISTINCT FROM parsed.range_m THEN 'unchanged'
				WHEN before.latitude IS NULL THEN 'added'
				ELSE 'moved' END AS outcome
			FROM parsed
			LEFT JOIN LATERAL (
				SELECT s.latitude, s.longitude, s.range_m FROM site AS s
				WHERE s.site_identity = parsed.site_identity COLLATE "C" AND s.valid_from <= $10
				AND (s.valid_to > $10 OR s.valid_to IS NULL)
				ORDER BY s.valid_from DESC LIMIT 1) AS before(latitude, longitude, range_m) ON true
		), stored AS (
			INSERT INTO site (site_identity, valid_from, latitude, longitude, range_m)
			SELECT site_identity, $10, latitude, longitude, range_m
			FROM judged WHERE outcome IN ('added', 'moved')
			ON CONFLICT (site_identity, valid_from) DO UPDATE
			SET latitude = excluded.latitude, longitude = excluded.longitude, range_m = excluded.range_m, valid_to = NULL
		)
		SELECT outcome, count(*) FROM judged GROUP BY outcome ORDER BY outcome$$, source)
		USING radio, mcc, mnc, area, cell, lon, lat, range_m, mnc_digits, valid_from, only_mcc;
END
$load$;
COMMENT ON FUNCTION mobanon.load_sites(regclass, integer, timestamptz, text) IS
	'loads lines of an OpenCelliD file, from a table with columns n (order) and line, into mobanon.site, valid from a time on; tells what became of the lines; an unreadable line is an error that names it';
