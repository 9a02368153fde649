#!/usr/bin/env bash
# Random data sets through every plan: test/property/kanon.sql.  KANON_DATASETS=200 is the long form (make kanon-oracle).
set -euo pipefail
createdb kanon_oracle
psql -qX -v ON_ERROR_STOP=1 -d kanon_oracle -c 'CREATE EXTENSION pgtap' -c 'CREATE EXTENSION mobanon'
psql -qXAt -v ON_ERROR_STOP=1 -v datasets="${KANON_DATASETS:-24}" -d kanon_oracle -f "$(dirname "$0")/../property/kanon.sql"
dropdb kanon_oracle
