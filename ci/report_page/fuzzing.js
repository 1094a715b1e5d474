// What ci/fuzz has come to over all its runs.
"use strict";

// As "604 crashes in 3 groups".
const fuzzCrashes = ({crash_count: count, group_count: groups}) =>
    `${plural(count, "crash", "crashes")} in ${plural(groups, "group")}`;

const fuzzExecutions = ({state, executions}) =>
    Math.max(executions, Number(state?.["total.executions"]) || 0);

// The state's times are seconds since 1970.
const secondText = (seconds) => dateText(`${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`);

// How a run goes on or ended, after so long.
const endTexts = {
    running: (past) => `has run for ${past} and goes on`,
    finished: (past) => `ended after ${past}, as it was told`,
    plateau: (past, reason) => `ended after ${past}: ${reason}`,
    stopped: (past) => `was stopped after ${past}`,
    killed: (past) => `was killed after ${past}`,
    failed: (past, reason) => `could not go on after ${past}: ${reason}`,
};

function lastRunText({state}) {
    const text = endTexts[state?.result];
    if (!text || typeof state.run !== "number") return "";
    const past = durationText(Number(state.elapsed_seconds) || 0);
    return ` The run of ${secondText(state.run)} ${text(past, state.reason)}.`;
}

function fuzzVerdict(fuzz) {
    const crashed = fuzz.crash_count > 0;
    const mark = crashed ? `✗ ${fuzzCrashes(fuzz)}` : "✓ No crash";
    return html(
        "p",
        {},
        html("strong", {class: crashed ? "bad" : "good"}, mark),
        ` by ${plural(fuzzExecutions(fuzz), "execution")} in ${durationText(fuzz.seconds)}, ` +
            `${plural(fuzz.runs, "run")}.${lastRunText(fuzz)}`,
    );
}

// --- charts ---

// A figure over the time; a run that has just started has not counted yet.
function fuzzCurve(list, title, column) {
    const known = list.filter((point) => point[column] > 0);
    const series = [{name: title, points: points(known, 0, column)}];
    return chart({title, series, xName: "hours"});
}

function fuzzCharts({libfuzzer, afl}) {
    const engines = [
        ["libfuzzer", libfuzzer],
        ["afl", afl],
    ].filter(([, list]) => list.length > 1);
    return html(
        "div",
        {class: "charts"},
        fuzzCurve(libfuzzer, "Features, libFuzzer", 3),
        fuzzCurve(libfuzzer, "Edges, libFuzzer", 2),
        fuzzCurve(afl, "Edges, AFL++", 2),
        fuzzCurve(libfuzzer, "Inputs in the corpus", 4),
        chart({
            title: "Executions a second",
            zero: true,
            xName: "hours",
            series: engines.map(([name, list]) => ({name: ENGINES[name], points: rates(list)})),
        }),
    );
}

// --- crashes ---

function fuzzCrashRow(group) {
    return [
        group.rule ?? (group.part ? `fuzz_${group.part}` : "other"),
        group.rule ? group.failure.replace(`${group.rule}, `, "") : group.failure,
        group.page
            ? html("a", {href: addressOf(group.page)}, "explained")
            : html("span", {class: "note"}, "no page"),
        whole(group.inputs),
        group.part ? plural(group.bytes, "byte") : plural(group.operations ?? 0, "operation"),
        group.first_seen ? dateText(group.first_seen) : "–",
    ];
}

function fuzzCrashTable({crashes, crash_count: count}) {
    if (count === 0 && crashes.length === 0) return [];
    return [
        html("h3", {}, "Crashes by rule"),
        crashes.length === 0
            ? note("They were not judged yet.")
            : table(
                  ["rule", "what broke", "why", "inputs", "shrunk to", "first seen"],
                  crashes.map(fuzzCrashRow),
                  {numbers: [3, 4]},
              ),
    ];
}

function fuzzingSection({fuzz}) {
    return [
        fuzzVerdict(fuzz),
        fuzzCharts(fuzz),
        note(
            "The time is that of fuzzing, one run behind the other. An engine's edges and " +
                "features are the most that one process told of; each engine counts edges in its " +
                "own way.",
        ),
        ...fuzzCrashTable(fuzz),
        fuzz.damaged > 0
            ? note(`${plural(fuzz.damaged, "line")} of the history could not be read.`)
            : null,
    ];
}
