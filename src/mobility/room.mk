OBJS      += src/mobility/distance.o src/mobility/walk.o src/mobility/walk_rules.o src/mobility/walk_state.o src/mobility/stays_sql.o
SQL_PARTS += src/mobility/stays.sql
REGRESS   += mobility_stays
# trips and flows
# places and meaningful locations
SQL_PARTS += src/mobility/area.sql src/mobility/place.sql src/mobility/home.sql
REGRESS   += mobility_place mobility_home
ISOLATION +=

# The whole of what make test compares in short.
.PHONY: test-places
test-places:
	@SUBJECTS=4000 ONLY=mobility_places test/run
