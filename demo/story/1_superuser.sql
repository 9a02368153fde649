-- As the superuser, once per database.
\set ECHO queries
CREATE EXTENSION mobanon;
CREATE ROLE dba LOGIN CREATEROLE;
GRANT mobanon_admin, mobanon_frontend TO dba WITH ADMIN OPTION;
ALTER DATABASE demo OWNER TO dba;
ALTER DATABASE demo SET search_path = "$user", public, mobanon;
