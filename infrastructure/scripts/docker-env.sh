#!/bin/sh
# Makes infrastructure/.env, from which docker-compose.yml takes its secrets. What stands there already is kept: the stores and
# the API keys were made with it. Nothing is printed but names.
set -eu
umask 077
file=${1:-$(dirname "$0")/../.env}
touch "$file"
chmod 600 "$file"
for name in REDIS_PASSWORD MONGODB_PASSWORD MONGODB_KEY POSTGRES_PASSWORD KEY_PEPPER; do
  grep -q "^$name=." "$file" && continue
  echo "$name=$(od -An -tx1 -N32 /dev/urandom | tr -d ' \n')" >> "$file"
  echo "$name made in $file" >&2
done
