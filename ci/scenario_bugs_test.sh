#!/usr/bin/env bash
# Every bug of mmu_x86/scenario/bugs, planted in the emulator, is caught by scenarios, some of them of
# the group that its header names; and without a bug none disagrees.
# usage: ci/scenario_bugs_test.sh LIBRARY...
# The libraries are those of the scenarios and of the emulator; what has a bug comes before them.
set -u -o pipefail
export LC_ALL=C

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 3
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 3
needs patch clang
flags=(-std=c11 -O1 -D_GNU_SOURCE -Wall -Wextra -Werror -I. -Immu_x86/emulator)
emulator=mmu_x86/emulator/emulator.c

# run_scenarios SOURCE: the scenarios with this emulator; their lines are left in $scratch/lines.
run_scenarios()
{
    clang "${flags[@]}" -c -o "$scratch/emulator.o" "$1" &&
        clang -o "$scratch/test" "$scratch/test.o" "$scratch/emulator.o" "${libraries[@]}" || return 3
    timeout 60 "$scratch/test" > "$scratch/lines" 2>&1
}

# field PATCH NAME
field()
{
    sed -n "/^\$/q; s/^$2: *//p" "$1"
}

libraries=("$@")
((${#libraries[@]} > 0)) || {
    printf 'scenario_bugs_test: name the libraries\n' >&2
    exit 3
}
clang "${flags[@]}" -c -o "$scratch/test.o" mmu_x86/scenario/scenario_test.c || exit 3
run_scenarios "$emulator" || {
    fail 'without a bug'
    tail -n 3 "$scratch/lines"
}

bugs=(mmu_x86/scenario/bugs/*.patch)
((${#bugs[@]} >= 3)) || fail "only ${#bugs[@]} bugs"
for bug in "${bugs[@]}"; do
    name=${bug##*/}
    group=$(field "$bug" Group)
    [[ -n $(field "$bug" Story) && -n $group ]] || fail "$name: the header lacks Story: or Group:"
    if ! patch -s -p1 -F0 -o "$scratch/emulator.c" "$emulator" < "$bug" > "$scratch/log" 2>&1; then
        fail "$name: does not apply"
        cat "$scratch/log"
        continue
    fi
    run_scenarios "$scratch/emulator.c"
    status=$?
    caught=$(grep -c ' : DISAGREES ' "$scratch/lines")
    in_group=$(grep -c "^[0-9]* $group .* : DISAGREES " "$scratch/lines")
    if ((status != 1 || in_group == 0)); then
        fail "$name: not caught by $group (status $status)"
        tail -n 3 "$scratch/lines"
    else
        printf '%-24s %4d scenarios, %3d of %s\n' "${name%.patch}" "$caught" "$in_group" "$group"
    fi
done
test_end "${#bugs[@]} bugs, all caught"
