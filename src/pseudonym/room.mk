OBJS      += src/pseudonym/hmac.o src/pseudonym/wrap.o src/pseudonym/root_key.o \
             src/pseudonym/keyring.o src/pseudonym/erase.o src/pseudonym/memo.o \
             src/pseudonym/pseudonym.o src/pseudonym/msisdn.o src/pseudonym/msisdn_plan.o \
             src/pseudonym/msisdn_sql.o
SQL_PARTS += src/pseudonym/keyring.sql src/pseudonym/pseudonym.sql src/pseudonym/msisdn.sql
REGRESS   += keyring rotation pseudonym msisdn
ISOLATION += pseudonym_shred pseudonym_shred_failed pseudonym_rotate

.PHONY: test-crash
test-crash: ## kill -9 in the middle of every change of the keyring, many times
	@CRASHES=$${CRASHES:-60} bash test/t/pseudonym_crash.sh
