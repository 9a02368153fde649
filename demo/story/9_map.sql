-- What demo/map.html draws, a layer for each release that has rows, and places everybody knows.  As the DBA, who looks
-- at what was published; each reader would get its own layer.
\pset tuples_only on
\pset format unaligned
-- "</" would end the script of the page
SELECT replace(jsonb_build_object('layers', jsonb_agg(m.map || jsonb_build_object('label', m.label, 'places', :'places'::jsonb) ORDER BY m.n))::text, '</', '<\/')
FROM (VALUES (1, 'Who is where', mobanon.release_map('footfall', :'title', :'subtitle')::jsonb),
	(2, 'Who stays, and how long', mobanon.release_map('dwell', :'title', :'subtitle')::jsonb),
	(3, 'Who goes where', mobanon.release_map('flows', :'title', :'subtitle')::jsonb)) AS m (n, label, map)
WHERE m.map ->> 'rows' IS NOT NULL;
