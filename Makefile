# mobanon: one room per stage.  Each room says in its room.mk what it is made
# of (OBJS, SQL_PARTS, REGRESS); this file only puts the rooms together.
EXTENSION    = mobanon
EXTVERSION   = 0.1.0
MODULE_big   = mobanon
PG_CONFIG   ?= pg_config

# The order of the rooms is the order of the pipeline, and of the install script.
ROOMS        = consent pseudonym cell kanon mobility release

OBJS         = src/mobanon.o src/subject.o src/catalog.o
SQL_PARTS    = src/house.sql
REGRESS      = house walkthrough
ISOLATION    =
# A room may have targets of its own; plain make still means all.
.DEFAULT_GOAL := all
include $(ROOMS:%=src/%/room.mk)
SQL_PARTS   += src/privileges.sql

INSTALL_SQL  = $(EXTENSION)--$(EXTVERSION).sql
DATA_built   = $(INSTALL_SQL)
DATA         = $(wildcard update/*.sql)
DOCS         =
EXTRA_CLEAN  = $(INSTALL_SQL) results output_iso tmp_check

# -ffp-contract=off: the same position gives the same cell on every machine.
PG_CFLAGS    = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
               -Wno-missing-field-initializers -ffp-contract=off $(COPT)
PG_CPPFLAGS  = -I$(CURDIR)/src
SHLIB_LINK   = -lcrypto

REGRESS_OPTS = --inputdir=. --outputdir=.
ifneq ($(strip $(ISOLATION)),)
ISOLATION_OPTS = --inputdir=test/isolation --outputdir=output_iso
endif

# Without PostgreSQL only the targets at the end work: they install it.
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(PGXS),)
include $(PGXS)
override CPPFLAGS := -isystem $(shell $(PG_CONFIG) --includedir-server) $(CPPFLAGS)
else
all install installcheck:
	@echo "$(PG_CONFIG) not found: install PostgreSQL's server development files, or name another one: make PG_CONFIG=..." >&2; exit 1
endif

$(INSTALL_SQL): $(SQL_PARTS) $(ROOMS:%=src/%/room.mk) Makefile
	@for f in $(SQL_PARTS); do printf '\n/* ---- %s ---- */\n\n' "$$f"; cat "$$f"; done > $@

$(OBJS): $(wildcard src/*.h src/*/*.h)

# ---- what a person types ---------------------------------------------------
# Each target below installs what it needs with apt-get (as root), works in a
# throw-away cluster and touches no other.

.PHONY: demo test test-all test-quick test-valgrind bench bench-count
demo:
	@demo/run

test:
	@test/run

test-quick:
	@test/run --quick

test-all:
	@test/all-majors

# The server below valgrind: half an hour or so.
test-valgrind:
	@VALGRIND=1 test/run --quick

bench:
	@bench/run

# Instructions per row, the same on a busy machine: beside bench/count.reference.
bench-count:
	@bench/count.sh
