// What is wrong, in words: the rule, the evidence, the stack, and the commands that run the input
// again.
"use strict";

function operationText(data, number) {
    if (number === 0) return "The start";
    if (number > data.operations) return "The end of the run";
    return `Operation ${number.toLocaleString("en")}`;
}

function headline(data) {
    const {outcome} = data;
    const step = data.steps.find((candidate) => candidate.n === outcome.operation);
    const operation = [
        operationText(data, outcome.operation),
        outcome.operation > data.operations
            ? ", where all is given back,"
            : step
              ? [" (", html("code", {}, step.op), ")"]
              : "",
    ];
    if (outcome.end === "ok")
        return [
            "ok",
            [
                "This input breaks nothing: all rules hold after each of its ",
                plural(data.operations, "operation"),
                ", and at the end.",
            ],
        ];
    if (outcome.end === "hang") return ["hang", [operation, " does not come to an end."]];
    if (outcome.end === "crash") return ["crash", [operation, " crashes the core."]];
    return [
        outcome.rule,
        [operation, " breaks the rule that ", html("em", {}, outcome.claim), "."],
    ];
}

// A value of the evidence, and what it says if it is a tag or an entry.
function evidenceText(data, name, value) {
    const {rule, at} = data.outcome;
    const isTag = rule === "H2" || (name === "found" && /^H[139]$/.test(rule));
    if (isTag) return [html("code", {}, hex(value)), ` ${tagAtText(data.machine, at, value)}`];
    if (rule === "P7" && name === "needed") return "no fault";
    if (rule === "P7") {
        const kind = `${value & 2 ? "a write to" : "a read from"} a page that `;
        const why = value & 1 ? "does not allow it" : "is not mapped";
        return [html("code", {}, hex(value)), ` ${kind}${why}`];
    }
    if (rule === "H3") return [html("code", {}, hex(value)), " used"];
    if (rule.startsWith("P") && value > 4095)
        return [html("code", {}, hex(value)), ` ${entryText(value)}`];
    return [
        html("code", {}, hex(value)),
        value > 9 && value < 0x1000000 ? ` ${value.toLocaleString("en")}` : "",
    ];
}

function whereText(data) {
    const {guilty, at, what} = data.outcome;
    const place = guilty.place === "frame" ? `${at}` : hex(at);
    return [`${what} `, html("code", {}, place)];
}

function drawReport(data) {
    const {outcome} = data;
    const [badge, sentence] = headline(data);
    document.title = `${data.name}: ${outcome.end === "ok" ? "ok" : badge} – kheap explain`;
    document.body.classList.add(outcome.end === "ok" ? "ok" : "fails");
    replace("headline", html("span", {class: "badge"}, badge), html("span", {}, sentence));
    const facts =
        outcome.end === "rule"
            ? [
                  ["what", whereText(data)],
                  ["needed", evidenceText(data, "needed", outcome.expected)],
                  ["found", evidenceText(data, "found", outcome.found)],
              ]
            : outcome.end === "ok"
              ? []
              : [["what", outcome.evidence]];
    replace(
        "evidence",
        facts.map(([name, value]) => [html("dt", {}, name), html("dd", {class: name}, value)]),
    );
    replace("verdict", html("code", {}, outcome.verdict));
    replace("machine", html("code", {}, data.heap));
}

// Code of the core, not of the machine below it or the harness around it.
const isCore = (place) => /^heap\//.test(place) || /^mmu_x86\/[^/]+$/.test(place);

function stackTitle(data) {
    const {stack, outcome} = data;
    const guilty = outcome.guilty;
    const when = operationText(data, stack.operation).toLowerCase();
    if (stack.kind === "fault") return "Where the core stood when it faulted";
    if (stack.kind === "access")
        return `The core's access to the payload's word ${hex(outcome.at)}`;
    if (stack.kind === "crash")
        return outcome.end === "hang"
            ? "Where the core was when its time was up"
            : "Where the core crashed";
    if (stack.kind === "last")
        return guilty.place === "nowhere"
            ? `The last store of ${when}`
            : `The core never stored to the guilty word ${hex(guilty.word)}; ` +
                  `this is the last store of ${when}`;
    if (guilty.place === "nowhere") return `The last store to ${hex(guilty.word)}, in ${when}`;
    return `The last store to the guilty word ${hex(guilty.word)}, in ${when}`;
}

function drawStack(data) {
    byId("stack-section").hidden = data.stack === undefined;
    if (data.stack === undefined) return;
    const {frames} = data.stack;
    const rows = [];
    for (let i = 0, depth = 0; i < frames.length; i += 3, depth++)
        rows.push(
            html(
                "tr",
                {class: isCore(frames[i + 1]) ? "core" : "other"},
                html("td", {class: "number"}, `#${depth}`),
                html("td", {}, html("code", {}, frames[i])),
                html(
                    "td",
                    {},
                    html("code", {}, frames[i + 1]),
                    frames[i + 2] ? html("small", {}, " inlined") : "",
                ),
            ),
        );
    byId("stack-title").textContent = stackTitle(data);
    replace("stack", rows);
    byId("stack-with").textContent =
        data.stack.with === "dladdr"
            ? "Neither llvm-symbolizer nor addr2line was there: names are the dynamic linker's."
            : `Names by ${data.stack.with}.`;
}

// For a shell: in quotes where it needs them.
const quoted = (text) => (/^[\w./+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function commandsOf(data) {
    const path = quoted(data.path);
    const number = data.outcome.operation;
    const commands = [
        ["On the host", `build/bin/kheap replay ${path}`],
        ["With every check, both ways", `build/bin/kheap replay --check both ${path}`],
    ];
    if (data.outcome.end !== "ok")
        commands.push(["Made smaller", `build/bin/kheap shrink ${path}`]);
    commands.push(["As a C program", `build/bin/kheap to-c ${path} --output reproduce.c`]);
    commands.push(["In QEMU, on the kernel", `build/bin/kheap boot ${path}`]);
    if (data.outcome.end !== "ok")
        commands.push(["The kernel under gdb", `build/bin/kheap boot --gdb ${path}`]);
    if (data.outcome.end !== "ok" && number > 0) {
        const at =
            number <= data.operations
                ? `session_apply if session->operation_count == ${number - 1}`
                : "session_end";
        commands.push([
            `On the host under gdb, up to ${operationText(data, number).toLowerCase()}`,
            `gdb -ex 'break ${at}' -ex run --args build/bin/kheap replay ${path}`,
        ]);
    }
    return commands;
}

function copy(text, button) {
    const area = html("textarea", {class: "offscreen"}, text);
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    button.textContent = done ? "copied" : "select it by hand";
}

function drawCommands(data) {
    replace(
        "commands",
        commandsOf(data).map(([name, command]) => [
            html("dt", {}, name),
            html(
                "dd",
                {},
                html("code", {}, command),
                html(
                    "button",
                    {type: "button", onclick: (event) => copy(command, event.target)},
                    "copy",
                ),
            ),
        ]),
    );
    byId("reproducer-section").hidden = !data.reproducer;
    byId("reproducer").textContent = data.reproducer ?? "";
}
