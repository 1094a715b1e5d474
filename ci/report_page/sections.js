// What a run checked: its steps, the crashes, what the fuzzers reached, the kernel's verdicts.
"use strict";

const ENGINES = {libfuzzer: "libFuzzer", afl: "AFL++"};
const dateText = (text) => text.replace("T", " ").replace(/(:\d\d)?Z$/, " UTC");
const plural = (count, one, many = `${one}s`) => `${whole(count)} ${count === 1 ? one : many}`;
const note = (...content) => html("p", {class: "note"}, ...content);

// A part that has nothing to show, and how it comes by it.
function absent(what, command) {
    return html(
        "p",
        {class: "absent"},
        what,
        command ? [" Made by ", html("code", {}, command), "."] : null,
    );
}

function state(holds) {
    const [kind, text] =
        holds === true
            ? ["good", "✓ held"]
            : holds === false
              ? ["bad", "✗ failed"]
              : ["", "did not run"];
    return html("td", {class: `state ${kind}`}, text);
}

// --- what ran ---

function engineRow(name, title, run) {
    const figures = run.engines?.[name];
    if (!figures) return [title, state(null), ""];
    const held = figures.executions > 0 && (figures.stability_percent ?? 100) === 100;
    return [
        title,
        state(held),
        `${plural(figures.executions, "execution")}, ${plural(figures.operations, "operation")} ` +
            `checked; ${plural(figures.new_files, "input")} kept` +
            (figures.stability_percent ? `; stability ${figures.stability_percent} %` : ""),
    ];
}

function ranSection({run}) {
    if (!run) return [absent("No summary of a run is there.", "ci/verify")];
    const {replay, boot} = run;
    const rows = [
        [
            "Replay on the host",
            state(
                replay.inputs > 0 ? replay.violations === 0 && replay.window_equal !== false : null,
            ),
            `${plural(replay.inputs, "input")}, ${plural(replay.operations, "operation")}, ` +
                `${plural(replay.violations, "violation")}`,
        ],
        engineRow("libfuzzer", "libFuzzer, with sanitizers", run),
        engineRow("afl", "AFL++", run),
        ...Object.entries(run.targets ?? {}).map(([name, target]) => [
            html("code", {}, name),
            state(target.executions > 0),
            plural(target.executions, "execution"),
        ]),
        [
            "Kernel in QEMU",
            state(boot.verdicts_equal ?? null),
            boot.verdicts_equal === null
                ? ""
                : `${plural(boot.inputs, "input")}, ${plural(boot.operations, "operation")}; ` +
                  `verdicts and digests ${boot.verdicts_equal ? "" : "not "}equal to the host's`,
        ],
    ];
    return [table(["step", "state", "how much"], rows)];
}

// --- crashes ---

// A file's name may hold what means something in an address.
const addressOf = (path) => path.split("/").map(encodeURIComponent).join("/");

function crashesOfRun({run, crashes}) {
    if (!run) return [absent("No summary of a run is there.", "ci/verify")];
    if (run.crash_count === 0) return [html("p", {}, "None was found.")];
    const rows = crashes.map((crash) => {
        const [, rule, operation] = /^rule (\S+) at operation (\d+)/.exec(crash.breaks) ?? [];
        return [
            rule ?? "other",
            operation ?? "",
            crash.page
                ? html("a", {href: addressOf(crash.page)}, "explained")
                : html("span", {class: "note"}, "no page"),
            html("code", {class: "command"}, crash.command),
        ];
    });
    const left = run.crash_count - crashes.length;
    return [
        table(["rule", "operation", "why", "see it again"], rows, {numbers: [1]}),
        left > 0 ? note(`${whole(left)} more in build/crashes/ break the same rules.`) : null,
        note(
            "Grouped and shrunk by ",
            html("code", {}, "build/bin/kheap triage build/crashes"),
            ".",
        ),
    ];
}

// One commit, or all that it may be.
function commitsCell(commits) {
    if (commits.length === 0) return html("span", {class: "note"}, "not bisected");
    if (commits.length === 1) return commits[0];
    return ["one of", html("ul", {}, ...commits.map((commit) => html("li", {}, commit)))];
}

function keptOfCrashes({kept}) {
    if (kept.length === 0) return [];
    const rows = kept.map((text) => [
        html("code", {}, text.path),
        text.why,
        commitsCell(text.broken_by),
        text.broken_by.length > 0 && text.mended_by.length === 0
            ? html("span", {class: "note"}, "not mended then")
            : commitsCell(text.mended_by),
    ]);
    return [
        html("h3", {}, "What is kept of crashes"),
        table(["text", "why", "broken by", "mended by"], rows),
        note("The commits are from ", html("code", {}, "ci/bisect --record TEXT"), "."),
    ];
}

function crashesSection(data) {
    return [...crashesOfRun(data), ...keptOfCrashes(data)];
}

// --- coverage over time ---

const points = (list, x, y) => list.map((point) => [point[x], point[y]]);

// The rates in some forty stretches of a run, from sums; none shorter than three seconds, as
// libFuzzer's time is known to a second.
function rates(list) {
    const found = [];
    let from = list[0];
    const stretch = Math.max(3, (list.at(-1)[0] - from[0]) / 40);
    for (const point of list) {
        if (point[0] - from[0] < stretch) continue;
        found.push([point[0], Math.max(0, (point[1] - from[1]) / (point[0] - from[0]))]);
        from = point;
    }
    return found;
}

const jobName = (name) => name.replace(/^stack-/, "job ");

function curves(logs, title, of) {
    return chart({
        title,
        steps: true,
        xName: "seconds",
        series: logs.map((log) => ({name: jobName(log.name), points: of(log.points)})),
    });
}

const withPoints = (logs, least = 1) => logs.filter((log) => log.points.length >= least);
const onStack = (logs) => logs.filter((log) => log.name.startsWith("stack-"));

function growthSection({run, libfuzzer, afl, queues}) {
    const stack = onStack(withPoints(libfuzzer));
    const plots = withPoints(afl, 2);
    const found = withPoints(queues);
    const corpus = run?.coverage;
    return [
        corpus?.edges
            ? html(
                  "p",
                  {},
                  `The working corpus of ${plural(corpus.files, "input")} covers ` +
                      `${plural(corpus.edges, "edge")} and ${plural(corpus.features, "feature")}.`,
              )
            : null,
        html("h3", {}, "libFuzzer"),
        stack.length === 0
            ? absent("It left no log.", "ci/verify --engine libfuzzer")
            : html(
                  "div",
                  {class: "charts"},
                  curves(stack, "Edges", (list) => points(list, 0, 2)),
                  curves(stack, "Features", (list) => points(list, 0, 3)),
                  curves(stack, "Inputs kept", (list) => points(list, 0, 4)),
              ),
        html("h3", {}, "AFL++"),
        plots.length + found.length === 0
            ? absent("It left no log.", "ci/verify --engine afl")
            : html(
                  "div",
                  {class: "charts"},
                  plots.length ? curves(plots, "Edges", (list) => points(list, 0, 2)) : null,
                  curves(found, "Inputs that reached a new edge", (list) => points(list, 0, 3)),
                  curves(found, "Inputs kept", (list) => points(list, 0, 2)),
              ),
        note(
            "Seconds since each process started, reading the corpus included. Each engine counts " +
                "edges in a build of its own, and those of the working corpus are of a third, so " +
                "only curves of one engine compare. Features are edges with how often they were " +
                "taken, and what the checkers report to the fuzzer.",
        ),
    ];
}

// --- executions a second ---

function speedSection({run, libfuzzer, queues}) {
    const engines = Object.entries(run?.engines ?? {});
    const rows = engines.map(([name, figures]) => [
        ENGINES[name] ?? name,
        whole(figures.executions_per_second_per_core),
        whole(figures.executions_per_second_per_core * figures.operations_per_input),
        figures.operations_per_input.toFixed(1),
        whole(figures.cores),
        whole(figures.executions),
    ]);
    const head = [
        "engine",
        "executions/s a core",
        "operations/s a core",
        "operations an input",
        "cores",
        "executions",
    ];
    const stack = onStack(withPoints(libfuzzer, 2));
    const found = withPoints(queues, 2);
    return [
        rows.length === 0
            ? absent("No engine ran.", "ci/verify")
            : table(head, rows, {numbers: [1, 2, 3, 4, 5]}),
        rows.length === 0 ? null : dayTable(engines),
        stack.length + found.length === 0
            ? null
            : html(
                  "div",
                  {class: "charts"},
                  stack.length ? rateChart(stack, "libFuzzer, executions a second") : null,
                  found.length ? rateChart(found, "AFL++, executions a second") : null,
              ),
        note("After the corpus was read; libFuzzer runs with sanitizers, AFL++ without."),
    ];
}

// What a day comes to at these rates (ci/SCALE.md).
function dayTable(engines) {
    const head = engines.flatMap(([name]) => [
        `${ENGINES[name] ?? name}, executions`,
        `${ENGINES[name] ?? name}, operations`,
    ]);
    const rows = [1, 100, 10000].map((cores) => [
        plural(cores, "core"),
        ...engines.flatMap(([, figures]) => {
            const executions = figures.executions_per_second_per_core * 86400 * cores;
            return [executions, executions * figures.operations_per_input].map(powerText);
        }),
    ]);
    return table(["a day on", ...head], rows, {numbers: head.map((_, i) => i + 1)});
}

const SUPERSCRIPTS = [..."⁰¹²³⁴⁵⁶⁷⁸⁹"];

function powerText(number) {
    if (number < 1e6) return whole(number);
    const [digits, power] = number.toExponential(1).split("e+");
    return `${digits} × 10${[...power].map((digit) => SUPERSCRIPTS[digit]).join("")}`;
}

function rateChart(logs, title) {
    return chart({
        title,
        zero: true,
        xName: "seconds",
        series: logs.map((log) => ({name: jobName(log.name), points: rates(log.points)})),
    });
}

// --- the kernel ---

function bootSection({boot}) {
    if (!boot) return [absent("The kernel has given no verdicts.", "ci/verify")];
    const rows = boot.traces.map((line) => [
        line.input,
        state(line.end === "ok"),
        whole(Number(line.operations)),
        html("code", {}, line.digest),
    ]);
    return [
        html(
            "p",
            {},
            `${whole(boot.given)} of ${plural(boot.expected, "verdict")} came from the kernel: ` +
                `${whole(boot.held)} held, ${whole(boot.given - boot.held)} broke a rule.`,
        ),
        boot.broken.length
            ? table(
                  ["input", "rule", "digest"],
                  boot.broken.map((line) => [
                      line.input,
                      line.rule ?? "",
                      html("code", {}, line.digest),
                  ]),
              )
            : null,
        rows.length
            ? table(["recorded load", "state", "operations", "digest of the final state"], rows, {
                  numbers: [2],
              })
            : null,
    ];
}
