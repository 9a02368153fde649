OBJS      += src/kanon/subject_set.o src/kanon/subject_set_text.o src/kanon/subject_set_io.o src/kanon/subject_set_sql.o \
             src/kanon/kanon_suppress.o src/kanon/kanon_partition.o \
             src/kanon/kanon_group.o src/kanon/kanon_large.o src/kanon/kanon_scan_query.o \
             src/kanon/kanon_scan_plan.o src/kanon/kanon_scan_exec.o src/kanon/kanon_scan_parallel.o src/kanon/kanon_scan_explain.o \
             src/kanon/area_ladder.o src/kanon/area_tree.o src/kanon/area_rows.o src/kanon/area_input.o src/kanon/area_sql.o \
             src/kanon/contribution.o
OBJS      += src/kanon/subject_map.o src/kanon/magnitude.o src/kanon/magnitude_sql.o src/kanon/diverse.o
OBJS      += src/kanon/table_rows.o src/kanon/table_relation.o src/kanon/table_bounds.o src/kanon/table_axis.o \
             src/kanon/table_path.o src/kanon/table_pair.o src/kanon/table_suppress.o src/kanon/table_sql.o
SQL_PARTS += src/kanon/kanon.sql src/kanon/area.sql src/kanon/area_utility.sql src/kanon/contribution.sql
SQL_PARTS += src/kanon/magnitude.sql src/kanon/diverse.sql
SQL_PARTS += src/kanon/table.sql
REGRESS   += kanon kanon_scan kanon_partition
REGRESS   += kanon_magnitude kanon_diverse
REGRESS   += kanon_table
ISOLATION +=

# ---- long forms of what make test does in short -----------------------------
.PHONY: kanon-table kanon-rest-attack
.PHONY: kanon-oracle kanon-fuzz kanon-partition-oracle kanon-partition-city
kanon-oracle: ## counts beside plain SQL: 200 random data sets through every plan
	@for t in kanon_oracle kanon_magnitude_oracle; do KANON_DATASETS=$(or $(DATASETS),200) ONLY=$$t test/run || exit 1; done
kanon-fuzz: ## subject sets: a million malformed and well-formed ones, under AddressSanitizer
	@KANON_FUZZ_INPUTS=$(or $(INPUTS),1000000) bash test/t/kanon_fuzz.sh
kanon-table: ## tables with totals against linear programs (GLPK)
	@TABLES=$(or $(TABLES),25) ONLY=kanon_table test/run
kanon-partition-oracle: ## partitions beside their definition: 300 random data sets
	@KANON_DATASETS=$(or $(DATASETS),300) ONLY=kanon_partition_oracle test/run
kanon-partition-city: ## the partition of the whole generated city, seen from outside
	@SUBJECTS=$(or $(SUBJECTS),20000) ONLY=kanon_partition_release test/run
kanon-rest-attack: ## what rests give away, by every world of more and larger small grids
	@REST_WORLDS=long ONLY=kanon_partition_rest_attack test/run
