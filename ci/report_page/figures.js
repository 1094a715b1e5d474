// How good the checks are: planted bugs, mutants, exploration, coverage of the core's source; and
// what operations cost.
"use strict";

const percent = (part, all) =>
    all > 0 ? `${(Math.floor((1000 * part) / all) / 10).toFixed(1)} %` : "–";
const measuredAt = (text) => (text ? note(`Measured ${dateText(text)}.`) : null);

// --- planted bugs ---

// From a cell as `H3, 0.1 s': the seconds until the bug was found; NaN where it says none.
const secondsOf = (cell) => Number(/, ([0-9.]+) s$/.exec(cell)?.[1] ?? NaN);

// How many bugs are found within a time, by each method that tells times. What is below a tenth of
// a second is drawn there.
function detectionChart(bugs) {
    const series = bugs.head
        .map((name, column) => {
            const times = bugs.rows
                .map((row) => secondsOf(row[column]))
                .filter((time) => time >= 0);
            times.sort((a, b) => a - b);
            return {name, points: times.map((time, i) => [Math.max(0.1, time), i + 1])};
        })
        .filter((one) => one.points.length > 1);
    if (series.length === 0) return null;
    return html(
        "div",
        {class: "charts"},
        chart({
            title: "Bugs found within a time",
            series,
            steps: true,
            logarithmic: true,
            zero: true,
            xName: "seconds",
        }),
    );
}

function bugsSection({bugs}) {
    if (!bugs) return [absent("No table of planted bugs is there.", "ci/bugbench --write-table")];
    const rows = bugs.groups.rows.map((row) => Object.assign(row, {sum: row[0] === "all"}));
    return [
        html(
            "p",
            {},
            `${whole(bugs.bugs.rows.length)} mistakes were planted into the core one by one, and ` +
                "each way of finding them was tried on each.",
        ),
        table(bugs.groups.head, rows, {numbers: bugs.groups.head.map((_, i) => i)}),
        detectionChart(bugs.bugs),
        note("A fuzzer starts from no input at all."),
        folded("bug by bug", () => table(bugs.bugs.head, bugs.bugs.rows, {tall: true})),
        measuredAt(bugs.written),
    ];
}

// --- mutants ---

function mutantsSection({mutants}) {
    if (!mutants?.files)
        return [
            absent(
                "No figures of mutants are there.",
                "ci/mutants --json build/report/mutants.json",
            ),
        ];
    const row = (name, {mutants: all, accepted, killed}) => [
        name,
        whole(all),
        whole(accepted),
        whole(killed),
        percent(killed, all - accepted),
        meter(killed / Math.max(1, all - accepted)),
    ];
    const rows = Object.entries(mutants.files).map(([name, file]) => row(name, file));
    rows.push(Object.assign(row("all", mutants), {sum: true}));
    const by = mutants.killed_by;
    const unnoticed = (mutants.survivors ?? []).filter((one) => !one.accepted);
    return [
        html(
            "p",
            {},
            `${percent(mutants.killed, mutants.mutants - mutants.accepted)} of the mutants that ` +
                `could be noticed are killed: ${whole(by.corpus)} by the corpus, ` +
                `${whole(by.tests)} by unit tests, ${whole(by.fuzzer)} by fuzzing.`,
        ),
        table(["file", "mutants", "accepted as equivalent", "killed", "share", ""], rows, {
            numbers: [1, 2, 3, 4],
        }),
        unnoticed.length
            ? table(
                  ["nobody noticed", "change"],
                  unnoticed.map((one) => [one.id, html("code", {}, one.change)]),
              )
            : null,
        mutants.sample ? note(`Of a sample: ci/mutants --sample ${mutants.sample}.`) : null,
    ];
}

// --- exploration ---

function exploreSection({explore}) {
    if (!Array.isArray(explore?.runs))
        return [
            absent(
                "No exploration is there.",
                "build/bin/kheap explore --json build/report/explore.json",
            ),
        ];
    const rows = explore.runs.map((run) => [
        run.alphabet,
        run.policy,
        whole(run.depth),
        whole(run.states),
        whole(run.moves),
        `${run.seconds.toFixed(1)} s`,
        html("td", {class: run.end === "violation" ? "bad" : ""}, run.end),
    ]);
    const sum = (name) => explore.runs.reduce((all, run) => all + run[name], 0);
    return [
        html(
            "p",
            {},
            `Every sequence of moves up to a depth: ${plural(sum("states"), "state")} by ` +
                `${plural(sum("moves"), "move")}.`,
        ),
        table(["alphabet", "policy", "depth", "states", "moves", "time", "ended by"], rows, {
            numbers: [2, 3, 4, 5],
        }),
    ];
}

// --- coverage of the source ---

const KINDS = {lines: "lines", branches: "branches", mcdc: "MC/DC"};
const SOURCES = {corpus: "corpus", tests: "unit tests", union: "both"};

// Shares of each file, by the corpus and by both.
function filesTable(coverage) {
    const files = {};
    for (const [name, kind, corpus, both, total] of coverage.files)
        (files[name] ??= {})[kind] = [corpus, both, total];
    const cells = (file, source) =>
        Object.keys(KINDS).map((kind) => percent(file[kind][source], file[kind][2]));
    const head = ["corpus", "both"].flatMap((by) =>
        Object.values(KINDS).map((kind) => `${kind}, ${by}`),
    );
    const rows = Object.entries(files).map(([name, file]) => [
        name,
        ...cells(file, 0),
        ...cells(file, 1),
    ]);
    return table(["file", ...head], rows, {numbers: [1, 2, 3, 4, 5, 6]});
}

function coverageSection({coverage}) {
    if (!coverage) return [absent("The core's source was not measured.", "ci/coverage")];
    const rows = coverage.figures
        .filter(([source, kind]) => SOURCES[source] && KINDS[kind])
        .map(([source, kind, reached, total]) => [
            SOURCES[source],
            KINDS[kind],
            whole(reached),
            whole(total),
            percent(reached, total),
            meter(reached / total),
        ]);
    return [
        table(["reached by", "what", "reached", "of", "share", ""], rows, {numbers: [2, 3, 4]}),
        folded("file by file", () => filesTable(coverage)),
        note("Of the host's build. What the kernel itself reaches is not measured here."),
        measuredAt(coverage.written),
    ];
}

// --- costs ---

function costsSection({costs}) {
    if (!costs) return [absent("No costs were measured: the tool is not built.", "ci/verify")];
    const rows = costs.operations.map((one) => [
        html("code", {}, one.operation),
        whole(one.accesses),
        whole(one.bound),
        `${Math.round((100 * one.accesses) / one.bound)} %`,
        meter(one.accesses / one.bound, 0.9),
        html("td", {class: "note"}, one.where),
    ]);
    return [
        html(
            "p",
            {},
            "Loads and stores of the dearest call of each kind in the corpus, against the most " +
                "that it declares (rule C1).",
        ),
        table(["operation", "accesses", "bound", "share", "", "where"], rows, {numbers: [1, 2, 3]}),
        rows.length ? note("Orange: more than nine tenths of the bound.") : null,
        costs.flushes ? note(`${costs.flushes}.`) : null,
    ];
}
