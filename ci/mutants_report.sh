#!/usr/bin/env bash
# What a run of mutants came to. To be sourced by ci/mutants.
# shellcheck disable=SC2034,SC2154 # its variables

declare -A accepted_reason=() # by lasting name
declare -A accepted_digest=() # objects of which a mutant is accepted
declare -A tally=()           # by what is counted, and file
survivors=()
problems=()

count()
{
    tally[$1]=$((${tally[$1]:-0} + 1))
}

# A line is: FILE FUNCTION OPERATOR#ORDINAL :: the text of the source's line :: the reason
read_accepted()
{
    local line name number=0
    local -A exists=()
    while IFS=$'\t' read -r _ name _; do
        exists[$name]=1
    done < "$results/list.all"
    while IFS= read -r line; do
        number=$((number + 1))
        [[ -n $line && $line != '#'* ]] || continue
        name=${line% :: *}
        if [[ $line != *' :: '*' :: '?* ]]; then
            problems+=("${accepted#"$root/"}:$number: not of the form NAME :: LINE :: REASON")
        elif [[ -z ${exists[$name]:-} ]]; then
            problems+=("${accepted#"$root/"}:$number: there is no such mutant any more: $name")
        elif [[ -n ${accepted_reason[$name]:-} ]]; then
            problems+=("${accepted#"$root/"}:$number: the same mutant once more: $name")
        else
            accepted_reason[$name]=${line##* :: }
        fi
    done < "$accepted"
}

# What became of a mutant: refused, same, or the stage.
outcome_of()
{
    local digest=${object_of_mutant[$1]}
    outcome=${stage_of[$digest]:-$digest}
}

# Only survivors are to be accepted.
check_accepted()
{
    local name lasting
    for name in "${names[@]}"; do
        lasting=${lasting_name[$name]}
        [[ -n ${accepted_reason[$lasting]:-} ]] || continue
        outcome_of "$name"
        case $outcome in
            survived) accepted_digest[${object_of_mutant[$name]}]=1 ;;
            refused) problems+=("${accepted#"$root/"}: does not compile: $lasting") ;;
            same) problems+=("${accepted#"$root/"}: has the core's object code: $lasting") ;;
            *) problems+=("${accepted#"$root/"}: is killed by $outcome: $lasting") ;;
        esac
    done
}

tally_mutants()
{
    local name digest file
    local -A seen=()
    for name in "${names[@]}"; do
        digest=${object_of_mutant[$name]}
        file=${name%%:*}
        outcome_of "$name"
        if [[ $outcome == refused || $outcome == same ]]; then
            count "$outcome"
            continue
        fi
        if [[ -n ${seen[$digest]:-} ]]; then
            count duplicate
            continue
        fi
        seen[$digest]=1
        count all
        count "all.$file"
        if [[ $outcome == survived ]]; then
            survivors+=("$name")
            if [[ -n ${accepted_digest[$digest]:-} ]]; then
                count accepted
                count "accepted.$file"
            fi
            continue
        fi
        count killed
        count "killed.$file"
        case $outcome in
            corpus | fuzzer) count "by.$outcome" ;;
            *) count by.tests ;;
        esac
        [[ ${detail_of[$digest]} != hangs ]] || count hangs
    done
}

# rate_of FILE-OR-NOTHING: how many of those that are not accepted as equivalent are killed, as a
# percentage; all of them, if there are none.
rate_of()
{
    local killed=${tally[killed$1]:-0}
    local judged=$((${tally[all$1]:-0} - ${tally[accepted$1]:-0}))
    ((judged > 0)) || killed=1 judged=1
    ratio $((killed * 100)) "$judged" 2
}

print_line()
{
    printf '  %-24s %8d %8d %8d %7s %%\n' "$1" "${tally[all$2]:-0}" "${tally[accepted$2]:-0}" \
        "${tally[killed$2]:-0}" "$(rate_of "$2")"
}

print_tally()
{
    local file all=${tally[all]:-0}
    printf '  %-24s %8s %8s %8s %9s\n' file mutants accepted killed rate
    while IFS= read -r file; do
        [[ -z ${tally[all.$file]:-} ]] || print_line "$file" ".$file"
    done < <(core_files)
    print_line all ''
    printf '  killed, of those not accepted as equivalent: %d of %d, %s %%\n' "${tally[killed]:-0}" \
        $((all - ${tally[accepted]:-0})) "$rate"
    printf '  killed, of all: %d of %d, %s %%; %d survivors accepted as equivalent, %d not\n' \
        "${tally[killed]:-0}" "$all" "$rate_of_all" "${tally[accepted]:-0}" "$unaccepted"
    printf '  killed by the corpus %d, by unit tests %d, by fuzzing %d; %d of all hang\n' \
        "${tally[by.corpus]:-0}" "${tally[by.tests]:-0}" "${tally[by.fuzzer]:-0}" \
        "${tally[hangs]:-0}"
    printf '  not counted: %d do not compile, %d have the core'\''s object code, %d another'\''s\n' \
        "${tally[refused]:-0}" "${tally[same]:-0}" "${tally[duplicate]:-0}"
}

print_survivors()
{
    local name lasting reason
    for name in ${survivors[@]+"${survivors[@]}"}; do
        [[ -z ${accepted_digest[${object_of_mutant[$name]}]:-} ]] || continue
        lasting=${lasting_name[$name]}
        printf '  survived: %s in %s: %s\n    %s\n' "$name" "$(cut -d ' ' -f 2 <<< "$lasting")" \
            "${change_of[$name]}" "${lasting#* :: }"
    done
}

json_survivors()
{
    local name accepted_too items=()
    for name in ${survivors[@]+"${survivors[@]}"}; do
        accepted_too=false
        [[ -z ${accepted_digest[${object_of_mutant[$name]}]:-} ]] || accepted_too=true
        items+=("$(json_object id "$(json_string "$name")" \
            name "$(json_string "${lasting_name[$name]}")" \
            change "$(json_string "${change_of[$name]}")" accepted "$accepted_too")")
    done
    json_array ${items[@]+"${items[@]}"}
}

json_files()
{
    local file members=()
    while IFS= read -r file; do
        [[ -n ${tally[all.$file]:-} ]] || continue
        members+=("$file" "$(json_object mutants "${tally[all.$file]}" \
            accepted "${tally[accepted.$file]:-0}" killed "${tally[killed.$file]:-0}")")
    done < <(core_files)
    json_object ${members[@]+"${members[@]}"}
}

write_json()
{
    local part=$json.part.$$
    printf '{\n%s\n}\n' "$(json_members $',\n' result "\"$1\"" mutants "${tally[all]:-0}" \
        killed "${tally[killed]:-0}" accepted "${tally[accepted]:-0}" rate_percent "$rate" \
        rate_of_all_percent "$rate_of_all" minimum_percent "$minimum" killed_by "$(json_object \
            corpus "${tally[by.corpus]:-0}" tests "${tally[by.tests]:-0}" \
            fuzzer "${tally[by.fuzzer]:-0}")" hangs "${tally[hangs]:-0}" \
        not_compiled "${tally[refused]:-0}" same_object_code "${tally[same]:-0}" \
        duplicates "${tally[duplicate]:-0}" sample "$sample" fuzz_seconds "$fuzz_seconds" \
        files "$(json_files)" survivors "$(json_survivors)" |
        sed 's/^/  /')" 2> /dev/null > "$part" && mv -f -- "$part" "$json" 2> /dev/null && return 0
    rm -f -- "$part"
    die "$json cannot be written"
}

report()
{
    local unaccepted result=PASS problem
    read_accepted
    check_accepted
    tally_mutants
    unaccepted=$((${#survivors[@]} - ${tally[accepted]:-0}))
    rate=$(rate_of '')
    rate_of_all=$(ratio $((${tally[killed]:-0} * 100)) "${tally[all]:-0}" 2)
    print_tally
    print_survivors
    ((unaccepted == 0)) || problems+=("$unaccepted survivors are not accepted")
    awk -v rate="$rate" -v minimum="$minimum" 'BEGIN { exit rate < minimum }' ||
        problems+=("less than $minimum % of those not accepted as equivalent are killed")
    ((${#problems[@]} == 0)) || result=FAIL
    [[ -z $json ]] || write_json "$result"
    for problem in ${problems[@]+"${problems[@]}"}; do
        printf 'ci/mutants: %s\n' "$problem" >&2
    done
    printf 'mutants: %s (%s %% of %d killed; %d more are accepted as equivalent)\n' "$result" "$rate" \
        $((${tally[all]:-0} - ${tally[accepted]:-0})) "${tally[accepted]:-0}"
    [[ $result == PASS ]] || exit 1
}
