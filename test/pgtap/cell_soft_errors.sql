-- Malformed cells as soft errors, where the server has them (PostgreSQL 16 and later).
\set QUIET 1
SET search_path = mobanon, public;
SELECT plan(3);
SELECT current_setting('server_version_num')::int >= 160000 AS soft \gset
\if :soft
SELECT is(pg_input_is_valid('1kmN3265E4334', 'cell'), true, 'a cell is valid input');
SELECT is(pg_input_is_valid('1kmN3265E', 'cell'), false, 'what is none is not, without an error');
SELECT is((SELECT message || ' ' || sql_error_code FROM pg_input_error_info('1kmN3265E', 'cell')), 'invalid input syntax for type cell at position 10 22P02', 'and it is said why');
\else
SELECT skip('soft errors came with PostgreSQL 16', 3);
\endif
SELECT * FROM finish();
