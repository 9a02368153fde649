#!/usr/bin/env bash
# What kanon_partition_rest says of boxes without a row, by every world of small grids: test/partition_rest_attack.py.
# REST_WORLDS=long is the long form (make kanon-rest-attack).
source "$(dirname "$0")/../tap.sh"
found=$(python3 "$TOP/test/partition_rest_attack.py" ${REST_WORLDS:-})
says() { grep "^$1: " <<<"$found"; }
like "$(says 'loose k=3 rows exact')" ': [1-9]' "the attack finds what a bound of c(k - 1) gives away"
like "$(says 'loose k=3 occupied exact')" ': [1-9]' "also to who knows where anybody is"
is "$(says 'rest k=3 occupied exact')" "rest k=3 occupied exact: 0" "(c - 1)(k - 1): no number, to who knows where anybody is"
is "$(says 'rest k=3 rows exact')" "rest k=3 rows exact: 0" "(c - 1)(k - 1): no number, to who knows the rows"
# As doc/kanon.md says.  Who mends this changes what is there.
like "$(says 'rest k=3 rows somebody')" ': [1-9]' "known weakness: that a part is not empty"
like "$(says 'rest k=2 rows exact')" ': [1-9]' "known weakness: with k = 2 then the number, too"
is "$(grep -c '^both .*: 0$' <<<"$found")" 5 "a bound on the parts of the grid beside it would close both"
is "$(grep -rl kanon_partition_rest "$TOP/src/release" | wc -l)" 0 "no pipeline uses rests"
done_testing
