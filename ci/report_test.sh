#!/usr/bin/env bash
# The report: made of the recorded logs in ci/report_page/sample, and of logs that are missing or
# damaged; its page is opened in a browser without a window. See --help.
set -u -o pipefail
export LC_ALL=C

usage()
{
    cat << 'TEXT'
usage: ci/report_test.sh KHEAP

Makes reports with ci/report and has them opened in Chromium in a wide and in a narrow window, light
and dark, where the page tests itself (ci/report_page/selftest.js). KHEAP is the tool, which makes
the crashes' pages.

Exit status: 0 all is well, 1 something is not, 3 what is needed is not there.
TEXT
}

case "${1:-}" in
    --help | -h) usage && exit 0 ;;
esac
if (($# != 1)); then
    usage >&2
    exit 3
fi
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 3
kheap=$(realpath -- "$1") && cd -- "$root" || exit 3
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 3
needs chromium jq
[[ $kheap -ef build/bin/kheap ]] || {
    printf 'report_test: the report calls build/bin/kheap, which is not %s\n' "$kheap" >&2
    exit 3
}
painted=0 # milliseconds from opening the page to its first frame
readonly sample=ci/report_page/sample

# report NAME ARGUMENT...: makes a report of the run in $scratch/NAME.run into $scratch/NAME.
report()
{
    local name=$1
    shift
    ci/report --run "$scratch/$name.run" --output "$scratch/$name" --kept "$scratch/$name.kept" \
        --fuzz "$scratch/$name.fuzz" "$@" \
        > "$scratch/$name.out" 2>&1 || fail "$name: status $?: $(cat "$scratch/$name.out")"
    [[ $(wc -l < "$scratch/$name.out") == 1 ]] ||
        fail "$name: more is said than where the page is: $(cat "$scratch/$name.out")"
}

# has NAME FILTER: the report's figures have a property.
has()
{
    jq -e "$2" "$scratch/$1/report.json" > /dev/null || fail "$1: not so: $2"
}

# framed NAME WIDTH: a page that holds the report in a frame so wide, and what it finds of itself:
# no browser's window is as narrow as a phone.
framed()
{
    cat << TEXT > "$scratch/$1.framed.html"
<!DOCTYPE html><title>frame</title>
<iframe src="$1/index.html#test" width="$2" height="900" style="border: 0"></iframe>
<script>
addEventListener("message", (event) => {
    const found = document.createElement("pre");
    found.id = "self-test";
    found.textContent = event.data;
    document.body.append(found);
});
</script>
TEXT
}

# opened NAME WIDTH COLOURS: has the page opened; what it found is then in $scratch/NAME.found.
opened()
{
    local name=$1 dark=1 page=$1/index.html#test
    if (($2 < 600)); then
        framed "$name" "$2"
        page=$name.framed.html
    fi
    [[ $3 == light ]] || dark=0 # Blink's mojom::PreferredColorScheme: 0 is dark, 1 light
    timeout 100 chromium --headless=new --no-sandbox --disable-gpu \
        --user-data-dir="$scratch/browser" --enable-logging=stderr --hide-scrollbars \
        --blink-settings=preferredColorScheme="$dark" --window-size="$(($2 < 600 ? 600 : $2)),900" \
        --virtual-time-budget=20000 --dump-dom "file://$scratch/$page" \
        > "$scratch/$name.dom" 2> "$scratch/$name.log"
    sed -n '/<pre id="self-test">/,$p' "$scratch/$name.dom" |
        sed 's/^.*<pre id="self-test">//; s/<.*//' > "$scratch/$name.found"
    grep -q -x 'failures=0' "$scratch/$name.found" || {
        fail "$name, $2 wide, $3: the page finds fault with itself, or could not be opened:"
        cat "$scratch/$name.found"
    }
    ! grep 'CONSOLE' "$scratch/$name.log" || fail "$name: the console has messages"
}

# found NAME LINE: the page found this of itself.
found()
{
    grep -q -x -E -- "$2" "$scratch/$1.found" || {
        fail "$1: the page does not find: $2"
        cat "$scratch/$1.found"
    }
}

# Every file that the page leads to is there.
links_lead_somewhere()
{
    local link count=0
    while IFS= read -r link; do
        count=$((count + 1))
        printf -v link '%b' "${link//%/\\x}"
        [[ -s $scratch/$1/$link ]] || fail "$1: nothing at $link"
    done < <(sed -n 's/^link=//p' "$scratch/$1.found")
    ((count == $2)) || fail "$1: $count links to files, expected $2"
}

# fuzz_history RUN FIRST: twelve hours of ci/fuzz from the second RUN on, a line each half minute for each
# engine at 50,000 executions a second; the first line is the FIRST of all.
fuzz_history()
{
    awk -v run="$1" -v first="$2" 'BEGIN {
        form = "{\"time\": %d, \"run\": %d, \"engine\": \"%s\", \"running\": 1, \"executions\": %.0f, " \
            "\"executions_per_second\": 50000, \"operations\": 9, \"edges\": %d, \"features\": %d, " \
            "\"corpus_files\": %d, \"imports_offered\": 1, \"imports\": 1, \"restarts\": 0, " \
            "\"crashes\": %d, \"crash_groups\": 3}\n"
        for (line = 0; line <= 1440; line++)
            for (engine = 0; engine < 2; engine++) {
                all = first + line
                printf form, run + 5 + 30 * line, run, engine ? "afl" : "libfuzzer", 1500000 * line,
                    600 + all / 48, engine ? 0 : 4000 + all, all, all / 400
            }
    }'
}

# made_fuzz DIRECTORY: what two runs of ci/fuzz left, both killed while they wrote a line.
made_fuzz()
{
    mkdir -p -- "$1/triaged"
    {
        fuzz_history 1790000000 0 && printf '{"time": 17900\n'
        fuzz_history 1790100000 1440 && printf '{"time": 1790143205, "run": 1790100000, "engine": "af'
    } > "$1/history.jsonl"
    printf '%s\n' 'result running' 'reason ' 'run 1790100000' 'elapsed_seconds 43200' \
        'total.executions 8640000123' > "$1/state"
    printf '%s\n' '{"passed": 0, "trouble": 0, "groups": [' \
        '{"failure": "H3, a <check>", "inputs": 4, "first_seen": "2026-09-22T00:00:00Z", "name": "H3-1",' \
        '"rule": "H3", "operations": 2},' \
        '{"failure": "S1, size <asked>", "inputs": 2, "first_seen": "2026-09-22T00:00:00Z",' \
        '"name": "../S1-2", "rule": "S1", "operations": 1}]}' > "$1/triaged/triage.json"
    printf '%-32s %6d inputs, of 9 bytes at least, shrunk to 3: %s\n' paging-P1.bytes 1 'P1 is <not> so' \
        > "$1/triaged/parts.txt"
    cp -- corpus/seeds/coalesce-both.txt "$1/triaged/H3-1.txt"
}

# --- a run with everything ---

test_whole()
{
    local size shown
    mkdir -p "$scratch/whole.run" "$scratch/whole"
    cp "$sample"/* "$scratch/whole.run/"
    made_fuzz "$scratch/whole.fuzz"
    # A crash whose name would end the data's element, or an attribute, if it were not escaped.
    cp corpus/seeds/coalesce-both.txt "$scratch/crash-<!--<script>\"'"
    jq --arg file "$scratch/crash-<!--<script>\"'" '.crash_count = 2 | .crashes = [
        {file: $file, command: "kheap replay \($file)", breaks: "rule H3 at operation 11"},
        {file: "build/crashes/gone", command: "x", breaks: ""}]' \
        "$sample/summary.json" > "$scratch/whole.run/summary.json"
    # What is kept: bisected to one commit, and mended by one of two; not bisected; and says nothing.
    mkdir "$scratch/whole.kept"
    printf '%s\n' '# kheap' "# H3, <a check>; from crash-1, which had 30 operations" \
        '# broken by one of us' '# broken by c710278 2026-11-02 a name: <b>the bug</b>' \
        '# mended by one of c710279 2026-11-03 a name: one' \
        '# mended by one of c710280 2026-11-03 a name: or two' 'a 0 8' > "$scratch/whole.kept/H3-1.txt"
    printf '# kheap\n# all\n# by hand\na 0 8\n# no more\n' > "$scratch/whole.kept/by-hand.txt"
    printf '# kheap\na 0 8\n' > "$scratch/whole.kept/silent.txt"
    mv "$scratch/whole.run/history.jsonl" "$scratch/whole/"
    mv "$scratch/whole.run/explore.json" "$scratch/whole.run/mutants.json" "$scratch/whole/"
    report whole
    has whole '.run.result == "pass" and (.history.runs | length) == 4 and .history.damaged == 1'
    has whole '[.libfuzzer[] | select(.name | startswith("stack-")) | .points | length > 20] ==
        [true, true]'
    has whole '[.afl[].points | length > 5] == [true, true]'
    has whole '[.queues[].points | length > 20 and .[-1][2] > .[0][2]] == [true, true]'
    has whole '.boot.given == .boot.expected and (.boot.traces | length) > 0 and .boot.broken == []'
    has whole '(.costs.operations | length) > 10 and all(.costs.operations[]; .accesses <= .bound)'
    has whole '(.bugs.bugs.rows | length) > 100 and .bugs.groups.rows[-1][0] == "all"'
    has whole '.kept | map(.path | sub(".*/"; "")) == ["H3-1.txt", "by-hand.txt", "silent.txt"]'
    has whole '.kept | map(.why) == ["H3, <a check>", "all by hand", ""]'
    has whole '.kept[0] | .broken_by == ["c710278 2026-11-02 a name: <b>the bug</b>"] and
        (.mended_by | length) == 2 and .mended_by[1] == "c710280 2026-11-03 a name: or two"'
    has whole '.kept[1:] | map(.broken_by, .mended_by) == [[], [], [], []]'
    has whole '(.crashes[0].page | startswith("crashes/")) and .crashes[1].page == null'
    has whole '.fuzz | .runs == 2 and .damaged == 2 and .seconds == 86400 and .executions == 8640000000'
    has whole '.fuzz | [.libfuzzer, .afl | length > 200 and length < 250] == [true, true]'
    has whole '.fuzz.libfuzzer[-1] == [86400, 4320000000, 660, 6880, 2880]'
    has whole '.fuzz.state | .result == "killed" and .["total.executions"] == 8640000123'
    has whole '.fuzz.crashes | map(.rule, .page) ==
        ["H3", "fuzzing/H3-1.txt.html", "S1", null, null, null]'
    ! grep -q '<!--' "$scratch/whole/index.html" || fail "whole: a name stands in the page as it is"
    ! grep 'https\?://' "$scratch/whole/index.html" | grep -q -v 'http://www.w3.org/2000/svg' ||
        fail "whole: the page names something on a network"
    size=$(stat -c %s "$scratch/whole/index.html")
    ((size < 3 << 20)) || fail "whole: the page has $size bytes"
    opened whole 1200 dark
    found whole 'dark=true'
    for shown in '<td>c710278 2026-11-02 a name: &lt;b&gt;the bug&lt;/b&gt;</td>' \
        '<td>one of<ul><li>c710279 2026-11-03 a name: one</li><li>c710280 ' 'not bisected' \
        '>✗ 7 crashes in 3 groups</strong> by 8,640,000,123 executions in 24 h 0 min, 2 runs. The run of ' \
        'was killed after 12 h 0 min' '<td>size &lt;asked&gt;</td>' '<th scope="row">fuzz_paging</th>' \
        '2 lines of the history could not be read'; do
        grep -q -F -- "$shown" "$scratch/whole.dom" || fail "whole: the page does not show $shown"
    done
    opened whole 390 light
    found whole 'dark=false'
    found whole 'width=390'
    found whole 'headline=pass'
    found whole 'charts=1[7-9]'
    links_lead_somewhere whole 3
    # On a machine that others use as well: one of three.
    local tries=0
    until painted=$(sed -n 's/^painted=//p' "$scratch/whole.found") && ((painted < 500)) ||
        ((++tries == 3)); do
        opened whole 1200 light
    done
    ((tries < 3)) || fail "whole: painted $painted ms after it was opened; 500 are allowed"
}

# The line of a run is replaced, others stay, damaged ones as well.
test_history()
{
    cp "$scratch/whole/history.jsonl" "$scratch/before"
    report whole
    cmp -s "$scratch/before" "$scratch/whole/history.jsonl" ||
        fail "history: the same run again has changed it"
    # A failed run, of one engine, and not booted.
    rm "$scratch"/whole.run/{afl*,boot*}
    jq '.started = "2027-01-01T00:00:00Z" | .result = "fail" | .reasons = ["1 crash found"] |
        .engines |= del(.afl) | .boot.verdicts_equal = null' \
        "$sample/summary.json" > "$scratch/whole.run/summary.json"
    report whole --history "$scratch/elsewhere.jsonl"
    [[ ! -e $scratch/whole/crashes ]] || fail "history: the pages of another run's crashes are left"
    cmp -s "$scratch/before" "$scratch/whole/history.jsonl" ||
        fail "history: --history has not kept the other one as it was"
    has whole '.afl == [] and .queues == [] and .boot == null'
    has whole '.history.runs | length == 1 and
        (.[0] | .result == "fail" and (has("crashes") | not))'
    opened whole 1200 light
    found whole 'headline=fail'
}

# --- what is missing or damaged ---

test_nothing()
{
    mkdir -p "$scratch/nothing.run"
    report nothing
    has nothing '.kept == [] and .libfuzzer == [] and .afl == [] and .queues == [] and
        .run == null and .boot == null and .history == null and .fuzz == null'
    opened nothing 1200 light
    found nothing 'headline='
    ! grep -q 'Continuous fuzzing</' "$scratch/nothing.dom" || fail "nothing: a section of what did not fuzz"
    [[ ! -e $scratch/nothing/history.jsonl ]] || fail "nothing: no run, and a line of history"
}

# ci/fuzz has run and nothing else; then its files are damaged.
test_fuzzed_alone()
{
    made_fuzz "$scratch/fuzzed.fuzz"
    sed -i 's/"crashes": [0-9]*/"crashes": 0/' "$scratch/fuzzed.fuzz/history.jsonl"
    rm -r -- "$scratch/fuzzed.fuzz/triaged"
    report fuzzed
    has fuzzed '.run == null and .fuzz.runs == 2 and .fuzz.crashes == [] and .fuzz.crash_count == 0'
    opened fuzzed 390 dark
    found fuzzed 'headline=pass'
    mkdir -- "$scratch/fuzzed.fuzz/triaged" && printf '[1, {' > "$scratch/fuzzed.fuzz/triaged/triage.json"
    head -c 4096 build/bin/kheap | tee "$scratch/fuzzed.fuzz/triaged/parts.txt" > "$scratch/fuzzed.fuzz/state"
    head -c 4096 build/bin/kheap > "$scratch/fuzzed.fuzz/history.jsonl"
    report fuzzed
    has fuzzed '.fuzz | .runs == 0 and .damaged > 0 and .libfuzzer == [] and .afl == [] and .crashes == []'
    opened fuzzed 1200 light
}

# Logs that end in the middle of a line, of a first line, or before; a summary that is cut; binary.
test_damaged()
{
    local run=$scratch/damaged.run
    mkdir -p "$run" "$scratch/damaged"
    head -c 1800 "$sample/libfuzzer-stack-1.log" > "$run/libfuzzer-stack-1.log"
    printf '#12\tNEW    cov: \n#99 INITED cov: 1 ft' > "$run/libfuzzer-stack-2.log"
    head -c 4096 build/bin/kheap > "$run/libfuzzer-stack-3.log"
    : > "$run/libfuzzer-paging-1.log"
    head -n 1 "$sample/afl-stack-1.plot" > "$run/afl-stack-1.plot"
    { head -n 3 "$sample/afl-stack-1.plot" && printf '17, 0, 3'; } > "$run/afl-stack-2.plot"
    { head -n 2 "$sample/afl-stack-1.queue" && printf 'id:000002,src:0000'; } \
        > "$run/afl-stack-1.queue"
    head -c 300 "$sample/summary.json" > "$run/summary.json"
    head -c 4096 build/bin/kheap > "$run/boot.verdicts"
    : > "$run/boot.expected"
    : > "$scratch/damaged/history.jsonl"
    printf '{"files": ' > "$scratch/damaged/mutants.json"
    printf '[1, 2]' > "$scratch/damaged/explore.json"
    report damaged
    has damaged '.run == null and .mutants == null and .history.runs == []'
    has damaged '[.libfuzzer[] | {(.name): (.points | length)}] | add |
        .["stack-1"] > 0 and .["stack-2"] == 0 and .["stack-3"] == 0 and .["paging-1"] == 0'
    has damaged '[.afl[].points | length] == [0, 2]'
    has damaged '[.queues[].points | length] == [2]'
    has damaged '.boot.given == 0'
    opened damaged 1200 light
}

# refused STATUS TEXT ARGUMENT...: one line on standard error that has the text.
refused()
{
    local status=$1 text=$2 found
    shift 2
    ci/report "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null
    found=$?
    if ((found != status)) || ! grep -q -F -- "$text" "$scratch/err" ||
        [[ $(wc -l < "$scratch/err") != 1 ]]; then
        fail "report $*: status $found, said: $(cat "$scratch/err")"
    fi
}

test_refused()
{
    refused 2 'unknown option: --frobnicate' --frobnicate
    refused 2 '--run needs a value' --run
    refused 3 'nothing has run yet' --run "$scratch/none" --fuzz "$scratch/none"
    : > "$scratch/file"
    refused 3 'cannot be written' --run "$scratch/nothing.run" --output "$scratch/file"
    refused 3 'history.jsonl cannot be written' --run "$sample" --output "$scratch/refused" \
        --history "$scratch/none/history.jsonl"
    [[ ! -e $scratch/refused/index.html ]] || fail "a report that failed has left a page"
}

test_whole
test_history
test_nothing
test_fuzzed_alone
test_damaged
test_refused
test_end "$(stat -c %s "$scratch/whole/index.html") bytes, painted after $painted ms, contrast $(
    sed -n 's/^contrast=//p' "$scratch/whole.found") at least"
