OBJS      += src/pseudonym/hmac.o src/pseudonym/wrap.o src/pseudonym/root_key.o \
             src/pseudonym/keyring.o src/pseudonym/erase.o src/pseudonym/memo.o \
             src/pseudonym/pseudonym.o
SQL_PARTS += src/pseudonym/keyring.sql src/pseudonym/pseudonym.sql
REGRESS   += keyring pseudonym
ISOLATION +=
