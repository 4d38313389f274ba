#!/bin/bash
# Writes a dump of the database to standard output. The password goes by the environment: a process list shows arguments.
set -euo pipefail
url=$(cat /run/secrets/database-migration-url)
if [[ $url =~ ^(postgres(ql)?://[^:@/]+):([^@/]+)@(.+)$ ]]; then
  encoded=${BASH_REMATCH[3]}
  url=${BASH_REMATCH[1]}@${BASH_REMATCH[4]}
  PGPASSWORD=$(printf '%b' "${encoded//%/\\x}")
  export PGPASSWORD
fi
exec pg_dump --format custom --no-password --lock-wait-timeout=30s --dbname "$url"
