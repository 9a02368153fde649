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

# README and guides, in a folder of their own: PGXS's DOCS would put keys.md and
# the like beside every other extension's, and links between them would lead nowhere.
ifneq ($(docdir),)
PAGES_DIR    = $(DESTDIR)$(docdir)/extension/$(EXTENSION)
install: install-pages
uninstall: uninstall-pages
endif
.PHONY: install-pages uninstall-pages
install-pages:
	$(MKDIR_P) '$(PAGES_DIR)/doc'
	$(INSTALL_DATA) $(wildcard *.md) '$(PAGES_DIR)/'
	$(INSTALL_DATA) $(wildcard doc/*.md) '$(PAGES_DIR)/doc/'
uninstall-pages:
	rm -rf '$(PAGES_DIR)'

# ---- what a person types ---------------------------------------------------
# Each target below installs what it needs with apt-get (as root), works in a
# throw-away cluster and touches no other.  What stands behind ## is what make help
# prints, in a room's room.mk as well.

.PHONY: help demo test test-all test-quick test-valgrind test-package reference bench bench-count
help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "make %-24s %s\n", $$1, $$2 }' Makefile $(ROOMS:%=src/%/room.mk)

all: ## builds the extension for the PostgreSQL of PG_CONFIG=...
install: ## installs it there, with its documentation
uninstall: ## removes those files; what databases hold stays

demo: ## a city's events become a map of footfall, in about a minute; EVENTS=FILE takes your own
	@demo/run

test: ## everything is tested, in a few minutes; ONLY=pattern picks tests by name
	@test/run

test-quick: ## regression, behaviour and isolation tests only
	@test/run --quick

test-all: ## make test on PostgreSQL 15, 17 and 18, each in a chroot of its own
	@test/all-majors

test-valgrind: ## test-quick with the server below valgrind: half an hour or so
	@VALGRIND=1 test/run --quick

test-package: ## builds the Debian package in a chroot, installs it and tests it
	@test/package

reference: ## writes doc/reference.md anew, from the comments in the rooms' SQL
	@test/reference

bench: ## measurements beside what one would use otherwise
	@bench/run

bench-count: ## instructions per row, the same on a busy machine, beside bench/count.reference
	@bench/count.sh
