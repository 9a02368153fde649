OBJS      += src/kanon/subject_set.o src/kanon/subject_set_text.o src/kanon/subject_set_io.o src/kanon/subject_set_sql.o \
             src/kanon/kanon_suppress.o src/kanon/kanon_partition.o \
             src/kanon/kanon_group.o src/kanon/kanon_large.o src/kanon/kanon_scan_query.o \
             src/kanon/kanon_scan_plan.o src/kanon/kanon_scan_exec.o src/kanon/kanon_scan_explain.o \
             src/kanon/area_ladder.o src/kanon/area_tree.o src/kanon/area_rows.o src/kanon/area_input.o src/kanon/area_sql.o \
             src/kanon/contribution.o
SQL_PARTS += src/kanon/kanon.sql src/kanon/area.sql src/kanon/area_utility.sql src/kanon/contribution.sql
REGRESS   += kanon kanon_scan kanon_partition
ISOLATION +=

# ---- long forms of what make test does in short -----------------------------
.PHONY: kanon-oracle kanon-fuzz kanon-partition-oracle kanon-partition-city
# 200 random data sets through every plan
kanon-oracle:
	@KANON_DATASETS=$(or $(DATASETS),200) ONLY=kanon_oracle test/run
# a million malformed and well-formed sets, under AddressSanitizer
kanon-fuzz:
	@KANON_FUZZ_INPUTS=$(or $(INPUTS),1000000) bash test/t/kanon_fuzz.sh
# 300 random data sets through the partition and its definition
kanon-partition-oracle:
	@KANON_DATASETS=$(or $(DATASETS),300) ONLY=kanon_partition_oracle test/run
# the partition of the whole generated city, seen from outside
kanon-partition-city:
	@SUBJECTS=$(or $(SUBJECTS),20000) ONLY=kanon_partition_release test/run
