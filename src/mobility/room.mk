OBJS      += src/mobility/distance.o src/mobility/walk.o src/mobility/walk_rules.o src/mobility/walk_state.o src/mobility/stays_sql.o
SQL_PARTS += src/mobility/stays.sql
REGRESS   += mobility_stays mobility_cleaning
# trips and flows
OBJS      += src/mobility/trip.o src/mobility/trips_sql.o \
             src/mobility/flow_trips.o src/mobility/flow_ladder.o src/mobility/flow_partition.o src/mobility/flows_sql.o
SQL_PARTS += src/mobility/trips.sql src/mobility/flows.sql
REGRESS   += mobility_flow
# places and meaningful locations
SQL_PARTS += src/mobility/area.sql src/mobility/place.sql src/mobility/home.sql
REGRESS   += mobility_place mobility_home
ISOLATION +=

.PHONY: test-stays
test-stays: ## stays and cleaning beside plain SQL, on many more events
	@SUBJECTS=3000 SHARE=1 ONLY=mobility_stays.sh test/run
# ---- long forms of what make test does in short -----------------------------
.PHONY: flow-oracle
flow-oracle: ## flows and chains beside plain SQL: 150 random data sets
	@FLOW_DATASETS=$(or $(DATASETS),150) ONLY=mobility_flow_oracle test/run
.PHONY: test-places
test-places: ## the whole of what make test compares of places in short
	@SUBJECTS=4000 ONLY=mobility_places test/run
