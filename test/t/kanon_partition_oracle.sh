#!/usr/bin/env bash
# Random data sets, both grids, with and without buckets: test/property/partition.sql.
# KANON_DATASETS=300 is the long form (make kanon-partition-oracle).
set -euo pipefail
createdb kanon_partition_oracle
psql -qX -v ON_ERROR_STOP=1 -d kanon_partition_oracle -c 'CREATE EXTENSION pgtap' -c 'CREATE EXTENSION mobanon'
psql -qXAt -v ON_ERROR_STOP=1 -v datasets="${KANON_DATASETS:-10}" -d kanon_partition_oracle -f "$(dirname "$0")/../property/partition.sql"
dropdb kanon_partition_oracle
