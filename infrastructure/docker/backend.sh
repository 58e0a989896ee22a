#!/bin/sh
# Entry of the backend image. `exec`, so that the program itself is process 1 and hears SIGTERM.
set -eu
cd /app
case "${1:-api}" in
  api | worker | kafka) exec node --enable-source-maps "backend/dist/$1.js" ;;
  setup) exec node --enable-source-maps backend/dist/standalone/database.js migrate seed ;;
  sf) shift && exec node --enable-source-maps backend/dist/cli/sf.js "$@" ;;
  *) exec "$@" ;;
esac
