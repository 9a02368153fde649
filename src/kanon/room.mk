OBJS      += src/kanon/subject_set.o src/kanon/subject_set_io.o src/kanon/subject_set_sql.o \
             src/kanon/kanon_suppress.o src/kanon/kanon_partition.o \
             src/kanon/kanon_group.o src/kanon/kanon_large.o src/kanon/kanon_scan_query.o \
             src/kanon/kanon_scan_plan.o src/kanon/kanon_scan_exec.o src/kanon/kanon_scan_explain.o
SQL_PARTS += src/kanon/kanon.sql
REGRESS   += kanon kanon_scan
ISOLATION +=
