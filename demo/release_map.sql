-- A release as a page of its own, with a time slider, that opens without a network:
--
--   psql -XAt -v release=town.footfall -f demo/release_map.sql > map.html
--
-- from the top of the source tree, as anybody who may read the release.
-- Optional: -v title='Who is where' -v from='2024-06-10' -v to='2024-06-17'.
\set ON_ERROR_STOP on
\pset tuples_only on
\pset format unaligned
\if :{?release}
\else
	\warn 'release_map: which release? -v release=schema.name'
	SELECT 1 / 0;
\endif
\if :{?title}
\else
	\set title ''
\endif
\if :{?from}
\else
	\set from '-infinity'
\endif
\if :{?to}
\else
	\set to 'infinity'
\endif
\set page `cat demo/map.html`
SELECT split_part(:'page', E'\n__DATA__\n', 1) || E'\n'
	|| mobanon.release_map(:'release', nullif(:'title', ''), NULL, :'from', :'to') || E'\n'
	|| split_part(:'page', E'\n__DATA__\n', 2);
