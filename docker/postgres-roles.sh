#!/bin/bash
# Once, when the database is made: the role of the server, which may read and write rows and nothing else. Its rights come with
# each migration.
set -e
password=$(cat /run/secrets/database-password)
psql --quiet --set ON_ERROR_STOP=1 --set password="$password" --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-gatehouse}" <<'SQL'
CREATE ROLE gatehouse_server LOGIN PASSWORD :'password';
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE :DBNAME TO gatehouse_server;
SQL
