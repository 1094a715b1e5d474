#!/usr/bin/env bash
# Runs what is measured, and turns what LLVM counted into points: one thing each that can be reached
# or missed. To be sourced by ci/coverage.
# shellcheck disable=SC2034,SC2154 # its variables

# MC/DC needs clang 18 or later, and the tools read only what the compiler of the same version
# wrote. The preset coverage names the compiler.
readonly llvm=19
readonly sources=(corpus tests union)

step_tools()
{
    local name missing=()
    for name in cmake ctest ninja jq "clang-$llvm" "llvm-profdata-$llvm" "llvm-cov-$llvm"; do
        command -v "$name" > /dev/null || missing+=("$name")
    done
    ((${#missing[@]} == 0)) || die "not installed: ${missing[*]} (run ci/setup)"
}

# --- the two sources ---

# profiled NAME COMMAND...: each process of it writes a profile of its own.
profiled()
{
    local name=$1
    shift
    LLVM_PROFILE_FILE=$root/$logs/$name-%p.profraw "$@"
}

describe_replay()
{
    describe_text="replay of the corpus: $policy, $(duration "$1")"
}

step_corpus()
{
    local directory policy inputs=()
    rm -f -- "$logs"/*.profraw "$logs"/*.profdata
    for directory in corpus/seeds corpus/grown corpus/found; do
        ! has_files "$directory" || inputs+=("$directory")
    done
    ((${#inputs[@]} > 0)) || die "there is no corpus"
    for policy in as-named first-fit bins; do
        local choice=()
        [[ $policy == as-named ]] || choice=(--policy "$policy")
        spawn "$logs/replay-$policy.log" profiled corpus "$tool" replay --quiet "${choice[@]}" \
            "${inputs[@]}"
        watch describe_replay 600 "$spawned"
        reap "$spawned" || fail "the replay ($policy) failed" "$logs/replay-$policy.log"
    done
}

describe_tests()
{
    local line
    line=$(grep -a -E '^ *[0-9]+/[0-9]+ Test' -- "$logs/tests.log" | tail -n 1 | awk '{ print $1 }')
    describe_text="unit tests: ${line:-0} done, $(duration "$1")"
}

step_tests()
{
    spawn "$logs/tests.log" profiled tests ctest --test-dir build/coverage --label-regex '^core$' \
        --no-tests=error --output-on-failure --parallel "$(nproc)"
    watch describe_tests 600 "$spawned"
    reap "$spawned" || fail "the unit tests failed" "$logs/tests.log"
}

# --- the points ---

# The core: what a kernel takes.
core_files()
{
    local file
    for file in heap/*.[ch] mmu_x86/{address,i386,frames,paging,machine}.h \
        mmu_x86/{frames,paging}.c; do
        [[ $file == *_test.c || $file == heap/test_* ]] || printf '%s\n' "$root/$file"
    done
}

# Branches and conditions of LLVM's JSON, one a line:
#   branch    FILE LINE COLUMN LINE COLUMN taken-true taken-false
#   mcdc      FILE LINE COLUMN LINE COLUMN shown-to-decide
#   function  FILE LINE LINE NAME
# A header's function is there once for each file that uses it. A record of MC/DC holds an answer
# for each condition of a decision, in the order in which they stand in the source.
# shellcheck disable=SC2016 # jq's variables
readonly points_of_json='
    def name: ltrimstr($root + "/");
    def after($a; $b): $a[0] > $b[0] or ($a[0] == $b[0] and $a[1] >= $b[1]);
    .data[0] | (
        .functions[] | select(.filenames[0] | startswith($root + "/")) |
            ["function", (.filenames[0] | name), .regions[0][0], .regions[0][2],
             (.name | sub("^.*[:;]"; ""))]
    ), (
        .files[] | (.filename | name) as $file | .branches as $branches | (
            $branches[] | ["branch", $file] + .[0:4] + [.[4] > 0, .[5] > 0]
        ), (
            .mcdc_records[] | . as $decision |
            [$branches[] | select(.[8] == 6) | .[0:4] |
                select(after(.[0:2]; $decision[0:2]) and after($decision[2:4]; .[2:4]))] |
            unique |
            if length != ($decision[6] | length)
            then error("conditions of the decision at \($file):\($decision[0]): \(length)")
            else . end |
            [., $decision[6]] | transpose[] | ["mcdc", $file] + .[0] + [.[1]]
        )
    ) | @tsv'

# measure SOURCE PROFILE...: what these profiles reach, into points-SOURCE.
measure()
{
    local source=$1 core
    shift
    mapfile -t core < <(core_files)
    "llvm-profdata-$llvm" merge -sparse -o "$logs/$source.profdata" "$@" 2> "$logs/merge.log" ||
        die "the profiles could not be merged" "$logs/merge.log"
    local arguments=(-instr-profile="$logs/$source.profdata" "$tool" "${core[@]}")
    {
        "llvm-cov-$llvm" export -format=text "${arguments[@]}" > "$logs/$source.json" &&
            "llvm-cov-$llvm" export -format=lcov "${arguments[@]}" > "$logs/$source.lcov" &&
            "llvm-cov-$llvm" show -show-branches=count -show-mcdc "${arguments[@]}" \
                > "$logs/$source.txt"
    } 2> "$logs/cov.log" || die "llvm-cov-$llvm failed" "$logs/cov.log"
    {
        jq -r --arg root "$root" "$points_of_json" "$logs/$source.json" &&
            awk -F '[:,]' -v root="$root/" '
                /^SF:/ { file = substr($0, 4 + length(root)) }
                /^DA:/ { printf "line\t%s\t%s\t%s\n", file, $2, ($3 > 0 ? "true" : "false") }' \
                "$logs/$source.lcov"
    } > "$logs/points-$source" 2> "$logs/cov.log" ||
        die "what llvm-cov-$llvm says was not understood" "$logs/cov.log"
}

# Joins the three measurements into one point a line, in the order of the source, its members
# separated by tabs:
#   FILE LINE COLUMN KIND FUNCTION corpus tests union TEXT
# KIND is runs, true, false or decides; the three sources say 1 if they reach it, else 0; TEXT is
# the condition, or the whole line, as the source has it.
points_join()
{
    awk -F '\t' '
        function text_of(file, line, column, last, last_column,    text, i, part) {
            if (!(file in read_already)) {
                for (i = 1; (getline part < file) > 0; i++)
                    source[file, i] = part
                read_already[file] = 1
            }
            for (i = line; i <= last; i++) {
                part = source[file, i]
                if (i == last && last_column > 0) part = substr(part, 1, last_column - 1)
                if (i == line) part = substr(part, column > 0 ? column : 1)
                gsub(/^[ \t]+|[ \t]+$/, "", part)
                text = text (i > line ? " " : "") part
            }
            return text
        }
        function function_of(file, line,    i) {
            for (i = 0; i < function_count[file]; i++)
                if (line >= first[file, i] && line <= end[file, i])
                    return name[file, i]
            return "-"
        }
        function point(kind, column, last, last_column, reached,    key) {
            key = $2 "\t" $3 "\t" column "\t" kind
            if (!(key in known)) {
                known[key] = 1
                order[count++] = key
                where[key] = column "\t" last "\t" last_column
            }
            if (reached == "true") reaches[key, origin] = 1
        }
        FNR == 1 { origin = FILENAME; sub(/.*points-/, "", origin) }
        $1 == "function" {
            if (!(($2, $3) in function_known)) {
                function_known[$2, $3] = 1
                first[$2, function_count[$2] + 0] = $3
                end[$2, function_count[$2] + 0] = $4
                name[$2, function_count[$2]++ + 0] = $5
            }
        }
        # Lines of a macro count wherever it is used; they are left out.
        $1 == "line" && function_of($2, $3 + 0) != "-" { point("runs", 0, $3, 0, $4) }
        $1 == "branch" { point("true", $4, $5, $6, $7); point("false", $4, $5, $6, $8) }
        $1 == "mcdc" { point("decides", $4, $5, $6, $7) }
        END {
            for (i = 0; i < count; i++) {
                key = order[i]
                split(key, k, "\t")
                split(where[key], w, "\t")
                printf "%s\t%s\t%d\t%d\t%d\t%s\n", key, function_of(k[1], k[2] + 0),
                    reaches[key, "corpus"], reaches[key, "tests"], reaches[key, "union"],
                    text_of(k[1], k[2] + 0, w[1] + 0, w[2] + 0, w[3] + 0)
            }
        }' "$@" | sort -t $'\t' -k 1,1 -k 2,2n -k 3,3n -k 4,4
}

step_points()
{
    local source files=()
    progress "reading the profiles"
    measure corpus "$logs"/corpus-*.profraw
    measure tests "$logs"/tests-*.profraw
    measure union "$logs"/corpus.profdata "$logs"/tests.profdata
    for source in "${sources[@]}"; do
        files+=("$logs/points-$source")
    done
    points_join "${files[@]}" > "$logs/points" || die "the points could not be written"
    progress_end
}
