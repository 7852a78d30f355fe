-- Roles and databases of a real server: one of each per service. A new service is one more line
-- in `service` below, and one more password.
--
-- A superuser runs it with psql, which reads the passwords from the environment:
--
--   REGISTRY_DATABASE_PASSWORD=… psql -d postgres -f deploy/postgres/init.sql
--
-- The official image runs it by itself when its volume is new, if this file lies in
-- /docker-entrypoint-initdb.d. To run it again does no harm: it adds what is missing, and sets
-- the passwords that are given. A role without a password cannot log in over the network.

\set ON_ERROR_STOP on
\set QUIET on

\set registry_password ''
\set payroll_password ''
\set cases_password ''
\set alerts_password ''
\getenv registry_password REGISTRY_DATABASE_PASSWORD
\getenv payroll_password PAYROLL_DATABASE_PASSWORD
\getenv cases_password CASES_DATABASE_PASSWORD
\getenv alerts_password ALERTS_DATABASE_PASSWORD

CREATE TEMPORARY TABLE service (name text, password text);
INSERT INTO service VALUES
    ('registry', :'registry_password'),
    ('payroll', :'payroll_password'),
    ('cases', :'cases_password'),
    ('alerts', :'alerts_password');

-- A role may do nothing on the server but use the database that it owns. It owns it because
-- migrations run as the service itself.
SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', name)
FROM service WHERE name NOT IN (SELECT rolname FROM pg_roles)
\gexec

SELECT format('ALTER ROLE %I PASSWORD %L', name, password) FROM service WHERE password <> ''
\gexec

-- The builtin provider sorts by code point, as the embedded server of tests and demo does: an
-- index does not change its order when the machine's C library is upgraded.
SELECT format(
    'CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING UTF8 '
    'LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', name, name, 'C.UTF-8'
)
FROM service WHERE name NOT IN (SELECT datname FROM pg_database)
\gexec

-- By default every role may connect to every database, and make temporary tables there.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', name)
FROM (SELECT name FROM service UNION VALUES ('postgres')) AS closed
\gexec
