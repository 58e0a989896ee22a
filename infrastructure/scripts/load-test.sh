#!/bin/sh
# Load test of a running StreamForge; by default the one that `npm start` runs here. --help tells all options.
#   infrastructure/scripts/load-test.sh --rate 2000 --duration 30
#   infrastructure/scripts/load-test.sh stream --batch 20000
set -eu
cd "$(dirname "$0")/../.."
case "${1:-}" in
  events | stream) kind=$1; shift ;;
  *) kind=events ;;
esac
exec npm run --silent "load:$kind" -- "$@"
