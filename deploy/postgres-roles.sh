#!/bin/sh
# Run once by the postgres image on an empty volume. Steward migrates as steward_owner and works as steward_app, which
# owns nothing: row-level security does not hold a table's owner or a superuser.
set -eu
psql -v ON_ERROR_STOP=1 -v owner="$DB_OWNER_PASSWORD" -v app="$DB_APP_PASSWORD" -U "${POSTGRES_USER:-postgres}" -d postgres <<'SQL'
CREATE ROLE steward_owner LOGIN PASSWORD :'owner';
CREATE ROLE steward_app LOGIN PASSWORD :'app';
CREATE DATABASE steward OWNER steward_owner;
REVOKE CONNECT ON DATABASE steward FROM PUBLIC;
GRANT CONNECT ON DATABASE steward TO steward_app;
SQL
