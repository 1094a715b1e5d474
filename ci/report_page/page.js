// The page: the verdict, the figures that matter most, then the sections.
"use strict";

const SECTIONS = [
    ["ran", "What ran", ranSection],
    ["crashes", "Crashes", crashesSection],
    ["fuzzing", "Continuous fuzzing", fuzzingSection],
    ["growth", "Coverage", growthSection],
    ["speed", "Speed", speedSection],
    ["history", "History", historySection],
    ["boot", "Kernel", bootSection],
    ["bugs", "Planted bugs", bugsSection],
    ["mutants", "Mutants", mutantsSection],
    ["explore", "Exploration", exploreSection],
    ["coverage", "Source coverage", coverageSection],
    ["costs", "Costs", costsSection],
];

// Where ci/fuzz has not run, nobody misses it.
const sectionsOf = (data) => SECTIONS.filter(([id]) => id !== "fuzzing" || data.fuzz);

function headline({run, fuzz}) {
    if (!run && fuzz)
        return fuzz.crash_count > 0
            ? ["fail", `✗ ${fuzzCrashes(fuzz)}`]
            : ["pass", "✓ Fuzzing found no crash"];
    if (!run) return ["", "No run yet"];
    if (run.result === "pass") return ["pass", "✓ Everything held"];
    if (run.result === "interrupted") return ["interrupted", "Interrupted"];
    return [
        "fail",
        run.reasons.length === 1
            ? `✗ ${run.reasons[0]}`
            : `✗ ${whole(run.reasons.length)} checks failed`,
    ];
}

function aboutText({run, fuzz}) {
    if (!run) return fuzz ? "Of ci/fuzz alone; ci/verify did not run." : "ci/verify makes one.";
    const parts = [
        run.started ? dateText(run.started) : null,
        run.commit ? `commit ${run.commit.replace("+", ", with changes")}` : null,
        `took ${durationText(run.elapsed_seconds)}`,
        plural(run.jobs, "job"),
    ];
    return parts.filter((part) => part).join(" · ");
}

function tile(name, value, more, kind) {
    return html(
        "div",
        {},
        html("dt", {}, name),
        html(
            "dd",
            {},
            html("div", {class: `value ${kind ?? ""}`}, value),
            html("div", {class: "more"}, more),
        ),
    );
}

// As it is, or in millions.
const large = (number) => (number < 1e6 ? whole(number) : short(number));

function fuzzTile(fuzz) {
    return tile(
        "crashes by ci/fuzz",
        whole(fuzz.crash_count),
        "in all its runs",
        fuzz.crash_count > 0 ? "bad" : "good",
    );
}

function tiles({run, fuzz}) {
    return [...runTiles(run), fuzz ? fuzzTile(fuzz) : null];
}

function runTiles(run) {
    if (!run) return [];
    const {boot, coverage} = run;
    const engines = Object.values(run.engines ?? {});
    const executions = engines.reduce((sum, engine) => sum + engine.executions, 0);
    const equal = boot.verdicts_equal;
    return [
        tile(
            "crashes",
            whole(run.crash_count),
            "in this run",
            run.crash_count > 0 ? "bad" : "good",
        ),
        tile("operations checked", large(run.operations_checked), "on host and kernel"),
        tile(
            "executions",
            large(executions),
            engines.length ? `${run.seconds_per_engine} s an engine` : "no fuzzing",
        ),
        coverage?.edges
            ? tile(
                  "coverage",
                  `${whole(coverage.edges)} edges`,
                  `${whole(coverage.features)} features`,
              )
            : null,
        coverage?.files ? tile("working corpus", whole(coverage.files), "inputs") : null,
        tile(
            "kernel in QEMU",
            equal === null ? "did not run" : equal ? "equal" : "NOT equal",
            plural(boot.inputs, "verdict"),
            equal === null ? "" : equal ? "good" : "bad",
        ),
    ];
}

function showHeader(data) {
    const [kind, text] = headline(data);
    const heading = byId("headline");
    heading.textContent = text;
    heading.className = kind;
    document.title = `${text.replace(/^[✓✗] /, "")} – kheap report`;
    replace("about", aboutText(data));
    const reasons = data.run?.reasons ?? [];
    byId("reasons").hidden = reasons.length < 2;
    replace(
        "reasons",
        reasons.map((reason) => html("li", {}, reason)),
    );
    replace("tiles", tiles(data));
    replace(
        "contents",
        sectionsOf(data).map(([id, title]) => html("li", {}, html("a", {href: `#${id}`}, title))),
    );
}

function showSection([id, title, content], data) {
    const heading = html("h2", {id: `${id}-title`}, title);
    byId("main").append(
        html("section", {id, "aria-labelledby": `${id}-title`}, heading, content(data)),
    );
}

function showRest(data) {
    for (const section of sectionsOf(data)) showSection(section, data);
    replace(
        "made",
        `Made ${dateText(data.made)} by `,
        html("code", {}, "ci/report"),
        ". ",
        html("a", {href: "report.json"}, "The same figures as JSON"),
        ".",
    );
    charts.forEach((one) => one.draw());
    addEventListener("resize", () => charts.forEach((one) => one.draw()));
    // What the address names was not there when it was followed.
    const named = byId(location.hash.slice(1));
    if (named) named.scrollIntoView();
}

// The verdict is painted first, and does not wait for the charts; where nothing is painted, as in a
// window behind others, the charts do not wait either.
const data = JSON.parse(byId("data").textContent);
let painted = 0;

function finish() {
    if (byId("main").hasChildNodes()) return;
    painted ||= performance.now();
    showRest(data);
    if (location.hash === "#test") selfTest();
}

showHeader(data);
requestAnimationFrame(() => {
    painted = performance.now();
    setTimeout(finish);
});
setTimeout(finish, 1000);
