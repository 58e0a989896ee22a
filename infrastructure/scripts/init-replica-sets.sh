#!/bin/sh
# Initiates a MongoDB replica set and waits for its primary; repeating it changes nothing. The same script runs as the
# one-shot container of docker-compose.yml and against servers started by hand:
#   infrastructure/scripts/init-replica-sets.sh rs0 127.0.0.1:27017
set -eu
here=$(dirname "$0")
program="$here/../docker/init-replica-set.mjs"
[ -f "$program" ] || program=/app/infrastructure/docker/init-replica-set.mjs
exec node "$program" "$@"
