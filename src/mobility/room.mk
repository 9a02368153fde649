OBJS      += src/mobility/distance.o src/mobility/walk.o src/mobility/walk_rules.o src/mobility/walk_state.o src/mobility/stays_sql.o
SQL_PARTS += src/mobility/stays.sql
REGRESS   += mobility_stays mobility_cleaning
# trips and flows
# places and meaningful locations
ISOLATION +=

# Stays and cleaning beside plain SQL, on many more random events and all of the real ones.
.PHONY: test-stays
test-stays:
	@SUBJECTS=3000 SHARE=1 ONLY=mobility_stays.sh test/run
