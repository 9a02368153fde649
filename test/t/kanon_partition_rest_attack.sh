#!/usr/bin/env bash
# What kanon_partition_rest says of boxes without a row, by every world of small grids: test/partition_rest_attack.py.
# REST_WORLDS=long is the long form (make kanon-rest-attack).
source "$(dirname "$0")/../tap.sh"
found=$(python3 "$TOP/test/partition_rest_attack.py" ${REST_WORLDS:-})
says() { grep "^$1: " <<<"$found"; }
like "$(says 'loose k=3 rows exact')" ': [1-9]' "the attack finds what a bound of c(k - 1) gives away"
like "$(says 'loose k=3 occupied exact')" ': [1-9]' "also to who knows where anybody is"
like "$(says 'parts k=3 rows somebody')" ': [1-9]' "that a part is not empty, where only the parts with somebody are counted"
like "$(says 'parts k=2 rows exact')" ': [1-9]' "with k = 2 the number, too"
like "$(says 'grid k=3 occupied exact')" ': [1-9]' "where all parts of the grid are counted: numbers, to who knows where nobody is"
is "$(grep -c '^rest ' <<<"$found") $(grep -c '^rest .*: 0$' <<<"$found")" "5 5" "kanon_partition_rest: nothing, to either"
done_testing
