// How earlier runs went, the newest last in the charts and first in the table.
"use strict";

const resultText = {pass: "✓ held", fail: "✗ failed", interrupted: "interrupted"};

// A curve over the runs that have a figure; runs lie beside each other, whatever the time between.
function trend(runs, title, names, of, zero = true) {
    const series = names.map(([name, text]) => {
        const known = runs
            .map((run, i) => [i + 1, of(run, name), run.result !== "pass"])
            .filter(([, value]) => typeof value === "number");
        return {
            name: text,
            points: known.map(([x, value]) => [x, value]),
            failed: known.map(([, , failed]) => failed),
        };
    });
    return chart({
        title,
        series,
        zero,
        dots: true,
        xName: "run",
        xText: (x) => (runs[x - 1] ? dateText(runs[x - 1].started).slice(5, 16) : ""),
        xMarks: (xs) => [...new Set([xs[0], xs.at(-1)])],
    });
}

function historySection({history}) {
    if (!history || history.runs.length === 0)
        return [absent("There is no history yet: each run adds a line.", "ci/verify")];
    const {runs, damaged} = history;
    const engines = Object.entries(ENGINES);
    const rows = runs
        .slice(-50)
        .reverse()
        .map((run) => [
            dateText(run.started),
            html("code", {}, run.commit ?? "–"),
            html(
                "td",
                {
                    class: `state ${{pass: "good", fail: "bad"}[run.result] ?? ""}`,
                },
                resultText[run.result] ?? run.result,
            ),
            run.coverage?.edges ? whole(run.coverage.edges) : "–",
            run.coverage?.features ? whole(run.coverage.features) : "–",
            whole(run.crash_count ?? 0),
            whole(run.operations_checked ?? 0),
            durationText(run.elapsed_seconds ?? 0),
        ]);
    return [
        runs.length > 1
            ? html(
                  "div",
                  {class: "charts"},
                  trend(
                      runs,
                      "Executions a second a core",
                      engines,
                      (run, name) => run.engines?.[name]?.executions_per_second_per_core,
                  ),
                  trend(
                      runs,
                      "Edges of the working corpus",
                      [["", "edges"]],
                      (run) => run.coverage?.edges,
                      false,
                  ),
                  trend(
                      runs,
                      "Features of the working corpus",
                      [["", "features"]],
                      (run) => run.coverage?.features,
                      false,
                  ),
              )
            : note("One run so far; curves start with the second."),
        runs.length > 1 ? note("Points with a red ring are runs that did not hold.") : null,
        table(
            [
                "started",
                "commit",
                "result",
                "edges",
                "features",
                "crashes",
                "operations checked",
                "took",
            ],
            rows,
            {numbers: [3, 4, 5, 6, 7]},
        ),
        runs.length > 50 ? note(`The last 50 of ${whole(runs.length)} runs.`) : null,
        damaged > 0 ? note(`${plural(damaged, "line")} of the history could not be read.`) : null,
    ];
}
