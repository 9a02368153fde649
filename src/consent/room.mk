OBJS      += src/consent/history.o src/consent/consent_set.o src/consent/consent_pages.o src/consent/saved_snapshot.o src/consent/consent_share.o \
             src/consent/state_read.o src/consent/moment.o src/consent/scope.o src/consent/consented.o src/consent/consent_sql.o \
             src/consent/guard.o src/consent/guard_ddl.o
SQL_PARTS += src/consent/purpose.sql src/consent/ledger.sql src/consent/seal.sql src/consent/decisions.sql \
             src/consent/codes.sql src/consent/erasure.sql src/consent/reward.sql src/consent/customer.sql src/consent/receipt.sql \
             src/consent/protect.sql src/consent/guard.sql src/consent/gaps.sql src/consent/gaps_roles.sql
REGRESS   += consent
ISOLATION +=
