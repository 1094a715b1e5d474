#!/usr/bin/env bash
# ci/check-analysis finds what it is to find, wherever that stands: in a source, in what only one build
# of it compiles, in a header, in the seam of a port that its paths are not walked in, by either tool.
# In a small root, whose core is built for the emulator and for the window.
set -u -o pipefail
export LC_ALL=C
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 3
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 3

place="$scratch/a root"
mkdir -p "$place"/{ci,heap,mmu_x86/{emulator,window},invariants,fuzz,bench,build/host} || exit 3
cp ci/check-analysis "$place/ci/" && cp .clang-tidy "$place/" && cd -- "$place" || exit 3

cat > mmu_x86/machine.h << 'C'
static inline int machine_load(const int *at);
#include "machine_port.h"
C

# port NAME STATEMENTS: what its machine_load does.
port()
{
    printf 'static inline int machine_load(const int *at)\n{\n    %s\n}\n' "$2" > "mmu_x86/$1/machine_port.h"
}

# source FILE STATEMENTS: a function of those, which has a pointer p and a number n.
source_of()
{
    local name=${1##*/}
    name=${name%.c}
    printf '#include <stdlib.h>\n#include <string.h>\n#include "mmu_x86/machine.h"\n' > "$1"
    printf 'int %s(int *p, int n);\nint %s(int *p, int n)\n{\n    %s\n}\n' "$name" "$name" "$2" >> "$1"
}

all_well()
{
    port emulator 'return at == (void *)0 ? 0 : *at;'
    port window 'return *at;'
    source_of heap/init.c 'return machine_load(p) + n;'
    source_of fuzz/only_here.c 'return *p - n;'
    source_of fuzz/no_command.c 'return *p * n;'
}

# compiled FILE OPTION...: the compile command, as CMake writes it.
compiled()
{
    local file=$1
    shift
    jq -n --arg root "$PWD" --arg file "$file" --arg options "$*" '{directory: "\($root)/build/host",
        file: "\($root)/\($file)", output: "part/\($file).o",
        command: "cc \($options) -I\"\($root)\" -Wall -std=c11 -o part/\($file).o -c \"\($root)/\($file)\""}'
}

{
    compiled heap/init.c "-I\"$PWD/mmu_x86/emulator\""
    compiled heap/init.c "-I\"$PWD/mmu_x86/window\"" -DWINDOW
    compiled heap/init.c "-I\"$PWD/mmu_x86/emulator\"" -fsanitize=fuzzer-no-link
    compiled fuzz/only_here.c "-I\"$PWD/mmu_x86/emulator\""
} | jq -s . > build/host/compile_commands.json

# finds COUNT ID: so many lines of findings have the id.
finds()
{
    local count
    expect 1 "\[$2" ci/check-analysis
    count=$(grep -c "\[$2" "$scratch/out")
    ((count == $1)) || fail "$2: found $count times, expected $1: $(cat "$scratch/out")"
    all_well
}

all_well
expect 0 '^check-analysis: 3 files, no findings$' ci/check-analysis
if grep -v '^check-analysis' "$scratch/out"; then
    fail "says more than that"
fi
# Each source as often as its build differs in what it compiles.
(($(jq length build/analysis/builds/compile_commands.json) == 3)) || fail "looks at the same twice"
(($(jq length build/analysis/paths/compile_commands.json) == 4)) || fail "walks the same twice"

# A path through a source is walked once for all its ports, and that of a source with no command, too.
source_of heap/init.c 'if (p == NULL) n++; return *p + n;'
finds 1 clang-analyzer-core.NullDereference
source_of fuzz/no_command.c 'if (p == NULL) n++; return *p + n;'
finds 1 clang-analyzer-core.NullDereference
# The seam of the port that sources are not walked in.
port emulator 'int n = 0; if (at == (void *)0) n++; return *at + n;'
finds 1 clang-analyzer-core.NullDereference
# What only one of a source's builds has; the others of it are no reason to look at it again.
source_of heap/init.c $'\n#ifndef WINDOW\n    if (n > 0) return *p; else return *p;\n#endif\n    return n;'
finds 1 bugprone-branch-clone
port window 'if (*at > 0) return 1; else return 1;'
finds 1 bugprone-branch-clone
source_of heap/init.c 'int unused; return *p + n;'
finds 2 clang-diagnostic-unused-variable
source_of fuzz/only_here.c 'char *text = malloc(n); return text == NULL ? *p : 1;'
finds 1 memleak

# --- what cannot be ---

mkdir "$scratch/none"
for tool in bash dirname cat clang-tidy cppcheck; do
    ln -s "$(command -v "$tool")" "$scratch/none/$tool" || exit 3
done
expect 3 'jq is missing' env PATH="$scratch/none" ci/check-analysis
for damaged in '[{' '[]' '{}'; do
    printf '%s' "$damaged" > build/host/compile_commands.json
    expect 3 'cannot be taken apart' ci/check-analysis
done
rm build/host/compile_commands.json
expect 3 'compile_commands.json is missing: run cmake' ci/check-analysis
test_end 'all as expected'
