#!/usr/bin/env bash
# Sums, averages, quantiles and diversity of random data sets through every plan: test/property/magnitude.sql.
# KANON_DATASETS=200 is the long form (make kanon-oracle).
set -euo pipefail
createdb kanon_magnitude_oracle
psql -qX -v ON_ERROR_STOP=1 -d kanon_magnitude_oracle -c 'CREATE EXTENSION pgtap' -c 'CREATE EXTENSION mobanon'
psql -qXAt -v ON_ERROR_STOP=1 -v datasets="${KANON_DATASETS:-15}" -d kanon_magnitude_oracle -f "$(dirname "$0")/../property/magnitude.sql"
dropdb kanon_magnitude_oracle
