#!/usr/bin/env bash
# Run once by the postgres image of docker-compose.yml, when its volume is new: the same roles and database that a
# private cluster has. psql quotes the passwords.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner_password LAUREL_OWNER_PASSWORD
\getenv runtime_password LAUREL_RUNTIME_PASSWORD
CREATE ROLE laurel_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE laurel_runtime LOGIN PASSWORD :'runtime_password';
CREATE DATABASE laurel OWNER laurel_owner;
SQL
