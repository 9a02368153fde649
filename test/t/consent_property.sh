#!/usr/bin/env bash
# Random histories of decisions: test/property/consent.sql, once, in a database of its own.
set -euo pipefail
createdb consent_property
psql -qX -v ON_ERROR_STOP=1 -d consent_property -c 'CREATE EXTENSION pgtap' -c 'CREATE EXTENSION mobanon'
psql -qXAt -v ON_ERROR_STOP=1 -d consent_property -f "$(dirname "$0")/../property/consent.sql"
