#!/usr/bin/env bash
# A fuzz target runs the corpus without a finding; texts of operations are turned into bytes first.
# usage: ci/target_test.sh KHEAP TARGET DIRECTORY...
# Exit status: 0 it does, 1 it does not.
set -u -o pipefail
kheap=$1
target=$2
shift 2

fail()
{
    echo "target_test: $1" >&2
    exit 1
}

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/inputs" || exit 1
for directory in "$@"; do
    for input in "$directory"/*; do
        name=$(basename "$directory")-$(basename "$input")
        case "$input" in
            *.txt) "$kheap" import "$input" "$scratch/inputs/$name" || fail "$input cannot be imported" ;;
            *) cp -- "$input" "$scratch/inputs/$name" || exit 1 ;;
        esac
    done
done
if ! KHEAP_FUZZ_STATS=$scratch/stats "$target" "$scratch/inputs"/* > "$scratch/log" 2>&1; then
    tail -n 40 "$scratch/log" >&2
    fail "$(basename "$target") ended with an error"
fi
read -r executions operations < <(od -A n -t u8 -w16 "$scratch/stats")
inputs=$(find "$scratch/inputs" -type f | wc -l)
# Some inputs are for larger machines than are fuzzed.
((executions * 10 >= inputs * 9)) || fail "only $executions of $inputs inputs were run"
echo "target_test: $executions of $inputs inputs were run, $operations operations"
