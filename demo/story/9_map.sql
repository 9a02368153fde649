-- As the analyst: what demo/map.html draws, all of it from the release, and places everybody knows.
\pset tuples_only on
\pset format unaligned
-- "</" would end the script of the page
SELECT replace((mobanon.release_map('footfall', :'title', :'subtitle')::jsonb
	|| jsonb_build_object('places', :'places'::jsonb))::text, '</', '<\/');
