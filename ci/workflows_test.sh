#!/usr/bin/env bash
# The files that continuous integration and fuzzing services read are what these take, and name only
# what is in this repository: commands with options that they have, presets, sanitizers that are built.
set -u -o pipefail
export LC_ALL=C
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source-path=SCRIPTDIR source=services_environment.sh
source ci/services_environment.sh || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 1

# A YAML file as JSON. YAML 1.1 reads the key `on' as true.
json()
{
    /usr/bin/python3 -c 'import json, sys, yaml
print(json.dumps(yaml.safe_load(open(sys.argv[1]))))' "$1" || fail "$1 is no YAML"
}

# holds NAME CONDITION: the condition of jq is true of the file as JSON.
holds()
{
    jq -e "$2" "$scratch/json" > /dev/null || fail "$1: not so: $2"
}

# command_known WORD...: a command line of this repository.
command_known()
{
    local command=$1 word
    shift
    [[ -x $command ]] || {
        fail "$command is not here, or cannot be run"
        return
    }
    for word in "$@"; do
        if [[ $word == --* ]]; then
            "$command" --help | grep -- "$word\b" > /dev/null || fail "$command has no option $word"
        fi
    done
    if [[ $command == ci/setup && $# == 2 ]]; then
        "$command" --check --for "$2" > /dev/null 2>&1
        [[ $? != 2 ]] || fail "ci/setup has no part $2"
    fi
}

# commands_known NAME: looks at the commands in $scratch/commands, one a line.
commands_known()
{
    local line word words count=0
    while read -r line; do
        line=${line//\"\$GITHUB_ACTION_PATH\/..\/..\/..\/ci\//ci/}
        line=${line//\"/}
        [[ $line =~ (^|\ )(ci/[a-z0-9_./-]+[^|\>\<]*) ]] || continue
        read -r -a words <<< "${BASH_REMATCH[2]}"
        count=$((count + 1))
        command_known "${words[@]}"
    done < "$scratch/commands"
    while read -r line; do
        jq -e --arg name "$line" 'any(.configurePresets[]; .name == $name)' CMakePresets.json \
            > /dev/null || fail "$1: there is no preset $line"
    done < <(sed -n 's/.*cmake --preset \([a-z0-9]*\).*/\1/p' "$scratch/commands")
    while read -r line word; do
        jq -e --arg name "$line" 'any(.buildPresets[]; .name == $name)' CMakePresets.json \
            > /dev/null || fail "$1: there is no preset to build $line"
        grep -r -q -E "^ *add_(custom_target|executable)\($word\b" --include=CMakeLists.txt boot ci fuzz ||
            fail "$1: there is no target $word"
    done < <(sed -n 's/.*cmake --build --preset \([a-z0-9]*\) --target \([a-z0-9_]*\)$/\1 \2/p' "$scratch/commands")
    printf '%s: %d commands\n' "$1" "$count"
}

# artefacts_known NAME: what the file $scratch/json keeps is what its commands are told to leave, or what
# a program here does; no two are kept under one name, which would be refused.
artefacts_known()
{
    local path
    while read -r path; do
        grep -q -F -- "$path" "$scratch/commands" || grep -r -q -w -F --include=CMakeLists.txt \
            --include=verify --include=report --include='report_*.sh' -- "${path##*/}" boot ci ||
            fail "$1: nobody makes $path"
    done < <(jq -r "$artefacts"' | .with.path | split("\n")[] | select(test("^[^*]+$"))' "$scratch/json")
    holds "$1" "[$artefacts | .with.name] | length == (unique | length)"
    holds "$1" 'all(.jobs // {} | .[] | select(.strategy) | '"$artefacts"';
        (.with.name + .if) | contains("matrix."))'
}

# Steps: each runs a command or uses an action of a fixed version.
# shellcheck disable=SC2016 # jq's variables
readonly steps_good='all(.. | .steps? // empty | .[]; (has("run") != has("uses")) and
    ((.uses // "x@v1") | test("@v[0-9]+$")))'

# The steps that keep files.
readonly artefacts='.. | .steps? // empty | .[] | select((.uses // "") | startswith("actions/upload-artifact@"))'

for workflow in .github/workflows/*.yml; do
    json "$workflow" > "$scratch/json"
    holds "$workflow" '(.name | length > 0) and has("true") and has("permissions") and (.jobs | length > 0)'
    holds "$workflow" 'all(.jobs[]; has("runs-on") and (.steps | length > 0))'
    holds "$workflow" "$steps_good"
    # What stands for a matrix' entries is filled in: each entry has a line of its own.
    jq -r '.jobs[] | (.strategy.matrix.include // [{}]) as $entries | .steps[].run // empty |
        . as $run | $entries[] | . as $entry | reduce keys[] as $key ($run;
            gsub("\\$\\{\\{ matrix." + $key + " \\}\\}"; $entry[$key]))' "$scratch/json" \
        > "$scratch/commands"
    ! grep '{{' "$scratch/commands" || fail "$workflow: a command has a word that nothing fills in"
    commands_known "$workflow"
    artefacts_known "$workflow"
    while read -r sanitizer; do
        [[ " ${service_builds[*]} " == *" libfuzzer $sanitizer x86_64 "* ]] ||
            fail "$workflow: nobody tests builds for $sanitizer"
    done < <(jq -r '[.jobs[].strategy.matrix.sanitizer // [] | .[]],
        [.jobs[].steps[].with.sanitizer // empty | select(contains("matrix") | not)] | .[]' "$scratch/json")
done

for action in .github/actions/*/action.yml; do
    json "$action" > "$scratch/json"
    holds "$action" '.runs.using == "composite" and all(.runs.steps[]; has("uses") or has("shell"))'
    holds "$action" "$steps_good"
    jq -r '.runs.steps[].run // empty' "$scratch/json" > "$scratch/commands"
    commands_known "$action"
    artefacts_known "$action"
done

# What people take away from a run of the tests.
json .github/workflows/test.yml > "$scratch/json"
for kept in build/boot/kheap.elf build/boot/kheap.iso build/report/index.html build/crashes; do
    holds "test.yml keeps $kept" "any($artefacts; .with.path | split(\"\\n\") | index(\"$kept\"))"
done

# --- ClusterFuzzLite and OSS-Fuzz ---

json .clusterfuzzlite/project.yaml > "$scratch/json"
holds .clusterfuzzlite/project.yaml '.language == "c++"'
ci/oss-fuzz/export https://example.org/kheap.git someone@example.org "$scratch/oss" || fail "export"
json "$scratch/oss/project.yaml" > "$scratch/json"
holds project.yaml '.main_repo == "https://example.org/kheap.git" and .language == "c++" and
    .primary_contact == "someone@example.org"'
for build in "${service_builds[@]}"; do
    read -r engine sanitizer architecture <<< "$build"
    [[ $sanitizer != coverage ]] || continue # every project is built for it
    holds "project.yaml, $build" "(.fuzzing_engines | index(\"$engine\")) and
        (.sanitizers | index(\"$sanitizer\")) and (.architectures | index(\"$architecture\"))"
done
for file in "$scratch/oss/Dockerfile" .clusterfuzzlite/Dockerfile; do
    grep -q '^FROM .*/oss-fuzz-base/base-builder$' "$file" || fail "$file: not the service's image"
    # shellcheck disable=SC2016 # Docker's variables
    grep -q '^WORKDIR $SRC/kheap$' "$file" || fail "$file: the service finds the sources by WORKDIR"
    # shellcheck disable=SC2016
    grep -q '\.clusterfuzzlite/build\.sh $SRC/$' "$file" || fail "$file: does not bring build.sh"
done
! grep -r '@REPOSITORY@\|@CONTACT@' "$scratch/oss" || fail "export leaves something open"
for bad in "ftp://example.org someone@example.org" "https://example.org nobody"; do
    read -r repository contact <<< "$bad"
    ci/oss-fuzz/export "$repository" "$contact" "$scratch/bad" > /dev/null 2>&1
    [[ $? == 2 && ! -e $scratch/bad ]] || fail "export takes $bad"
done

test_end 'all as expected'
