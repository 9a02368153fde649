#!/usr/bin/env bash
# Random data sets: flows and chains beside their definition in plain SQL, and an independent checker of what is released: test/property/flow.sql.
# FLOW_DATASETS=150 is the long form (make flow-oracle).
set -euo pipefail
createdb flow_oracle
psql -qX -v ON_ERROR_STOP=1 -d flow_oracle -c 'CREATE EXTENSION pgtap' -c 'CREATE EXTENSION mobanon'
psql -qXAt -v ON_ERROR_STOP=1 -v datasets="${FLOW_DATASETS:-8}" -d flow_oracle -f "$(dirname "$0")/../property/flow.sql"
dropdb flow_oracle
