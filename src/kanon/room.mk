OBJS      += src/kanon/subject_set.o src/kanon/subject_set_io.o src/kanon/subject_set_sql.o \
             src/kanon/kanon_suppress.o
SQL_PARTS += src/kanon/kanon.sql
REGRESS   += kanon
ISOLATION +=
