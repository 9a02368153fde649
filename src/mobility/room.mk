OBJS      += src/mobility/walk.o src/mobility/stays_sql.o
SQL_PARTS += src/mobility/stays.sql
REGRESS   += mobility_stays
# trips and flows
# places and meaningful locations
ISOLATION +=
