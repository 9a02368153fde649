OBJS      += src/release/window.o src/release/refresh.o src/release/progress.o
# kinds of pipelines: one file each
SQL_PARTS += src/release/register.sql src/release/kinds.sql src/release/diversity.sql src/release/kind_footfall.sql src/release/kind_dwell.sql \
             src/release/kind_flows.sql src/release/kind_places.sql
SQL_PARTS += src/release/parameters.sql src/release/pipeline.sql src/release/release.sql src/release/progress.sql src/release/publish.sql \
             src/release/keys.sql src/release/drop.sql \
             src/release/recipient.sql src/release/audit.sql src/release/output.sql src/release/stages.sql \
             src/release/access.sql src/release/customer_access.sql src/release/customer_withdrawals.sql
REGRESS   += release release_kinds
ISOLATION +=

.PHONY: test-crash-release
test-crash-release: ## fifty kills at random moments of a publication
	@CRASHES=50 ONLY=release_crash test/run

.PHONY: test-diversity
test-diversity: ## diversity on a larger city
	@SUBJECTS=5000 ONLY=release_diversity_city test/run

# after the tables and views they are about
SQL_PARTS += src/release/columns.sql
