OBJS      += src/cell/resolution.o src/cell/laea.o src/cell/mercator.o src/cell/cell_code.o \
             src/cell/cell_grid.o src/cell/cell_box.o src/cell/cell_type.o src/cell/coarsen.o src/cell/cell_shape.o \
             src/cell/cell_index.o src/cell/cell_family.o src/cell/site_identity.o src/cell/site.o \
             src/cell/blur_time.o src/cell/bucket.o src/cell/bucket_sql.o
SQL_PARTS += src/cell/cell.sql src/cell/site.sql src/cell/blur_time.sql src/cell/bucket.sql
REGRESS   += cell coarsen cell_index cell_family site blur_time bucket
ISOLATION +=

.PHONY: test-cell
test-cell: ## cells beside PROJ and through storage, a million of each
	@POINTS=1000000 bash test/t/cell_proj.sh
	@CELLS=1000000 bash test/t/cell_store.sh
