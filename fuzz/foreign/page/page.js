"use strict";
/* The page of a foreign allocator's run: its operations, and after each of them the blocks as the model knows them. */
const run = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const hex = (at) => "0x" + at.toString(16);
const ROWS = 32;
const ROW_HEIGHT = 18;
const LABEL = 120;
const WIDTH = 1000;
let shown = 0;

function element(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key of Object.keys(attributes))
        made.setAttribute(key, attributes[key]);
    if (text !== undefined)
        made.textContent = text;
    return made;
}

/* All that was granted or used in the run, as stretches that are drawn: what lies far apart is drawn apart. */
function stretches() {
    const parts = [];
    for (const step of run.steps) {
        for (const [start, end] of step.grants)
            parts.push([start, end]);
        for (const block of step.blocks)
            parts.push([block[1], block[1] + Math.max(block[2], 1)]);
    }
    if (run.at !== null && (parts.length === 0 || run.at >= run.window[0]))
        parts.push([run.at, run.at + 1]);
    parts.sort((a, b) => a[0] - b[0]);
    const joined = [];
    for (const [start, end] of parts) {
        const last = joined[joined.length - 1];
        if (last !== undefined && start - last[1] < 65536)
            last[1] = Math.max(last[1], end);
        else
            joined.push([start, end]);
    }
    return joined;
}

/* Rows of equally many bytes, a power of two. */
function layout() {
    const parts = stretches();
    let bytes = 64;
    const count = (size) => parts.reduce((sum, [start, end]) => sum + Math.floor((end - 1) / size) - Math.floor(start / size) + 1, 0);
    while (count(bytes) > ROWS && bytes < 2 ** 40)
        bytes *= 2;
    const rows = [];
    for (const [start, end] of parts)
        for (let at = Math.floor(start / bytes) * bytes; at < end; at += bytes)
            rows.push(at);
    return {bytes, rows};
}
const map = layout();

/* Draws the bytes [from, to) in every row that they have a part in. */
function draw(svg, from, to, kind, title) {
    const scale = (WIDTH - LABEL) / map.bytes;
    map.rows.forEach((row, i) => {
        const start = Math.max(from, row);
        const end = Math.min(to, row + map.bytes);
        if (start >= end)
            return;
        const box = element("rect", {
            class: kind, x: LABEL + (start - row) * scale, y: i * ROW_HEIGHT + 2,
            width: Math.max((end - start) * scale, 1), height: ROW_HEIGHT - 4,
        });
        if (title !== undefined)
            box.append(element("title", {}, title));
        svg.append(box);
    });
}

function drawMark(svg, at) {
    const scale = (WIDTH - LABEL) / map.bytes;
    map.rows.forEach((row, i) => {
        if (at < row || at >= row + map.bytes)
            return;
        const x = LABEL + (at - row) * scale;
        const y = i * ROW_HEIGHT;
        const mark = element("path", {class: "guilty", d: `M${x} ${y + ROW_HEIGHT - 2}l-6 -${ROW_HEIGHT - 2}h12z`});
        mark.append(element("title", {}, "here: " + hex(at)));
        svg.append(mark);
    });
}

/* The blocks that were not there, or not so, before. */
function freshOf(index) {
    const before = new Map((index > 0 ? run.steps[index - 1].blocks : []).map((block) => [block[0], block.join()]));
    return new Set(run.steps[index].blocks.filter((block) => before.get(block[0]) !== block.join()).map((block) => block[0]));
}

function drawMemory(step, fresh) {
    const height = Math.max(map.rows.length, 1) * ROW_HEIGHT;
    const svg = element("svg", {viewBox: `0 0 ${WIDTH} ${height}`, role: "img",
        "aria-label": `${step.blocks.length} live blocks in memory, by address`});
    map.rows.forEach((row, i) => {
        svg.append(element("text", {x: 4, y: i * ROW_HEIGHT + 13}, hex(row)));
        draw(svg, row, row + map.bytes, "closed");
    });
    for (const [start, end] of step.grants)
        draw(svg, start, end, "free", `granted: ${hex(start)} to ${hex(end)}`);
    for (const [slot, at, usable, asked] of step.blocks) {
        const title = `slot ${slot}: ${hex(at)}, ${asked} bytes asked for, ${usable} usable`;
        const mark = fresh.has(slot) ? " fresh" : "";
        draw(svg, at + asked, at + usable, "slack" + mark, title);
        draw(svg, at, at + Math.max(asked, 1), "used" + mark, title);
    }
    if (step.number === run.guilty && run.at !== null)
        drawMark(svg, run.at);
    byId("memory").replaceChildren(svg);
    byId("memory-summary").textContent = `a row is ${map.bytes} bytes; ` +
        `${step.blocks.reduce((sum, block) => sum + block[2], 0)} bytes live, ` +
        `${step.grants.reduce((sum, [start, end]) => sum + end - start, 0)} granted`;
}

function drawBlocks(step, fresh) {
    byId("blocks-summary").textContent = String(step.blocks.length);
    byId("blocks").replaceChildren(...step.blocks.map(([slot, at, usable, asked, seed]) => {
        const row = document.createElement("tr");
        row.className = fresh.has(slot) ? "fresh" : "";
        for (const text of [slot, hex(at), asked, usable, `pattern ${seed}`]) {
            const cell = document.createElement("td");
            cell.textContent = String(text);
            row.append(cell);
        }
        return row;
    }));
}

function show(index) {
    shown = Math.max(0, Math.min(index, run.steps.length - 1));
    const step = run.steps[shown];
    const fresh = freshOf(shown);
    byId("slider").value = String(shown);
    byId("step").textContent = step.number === 0 ? "the fresh heap" : `${step.number}: ${step.text}: ${step.result}`;
    document.querySelectorAll("#operations button").forEach((button, i) => {
        if (i === shown) {
            button.setAttribute("aria-current", "step");
            button.scrollIntoView({block: "nearest"});
        } else {
            button.removeAttribute("aria-current");
        }
    });
    drawMemory(step, fresh);
    drawBlocks(step, fresh);
}

function guiltyIndex() {
    const index = run.steps.findIndex((step) => step.number === run.guilty);
    return index >= 0 ? index : run.steps.length - 1;
}

function start() {
    const headline = byId("headline");
    const badge = document.createElement("b");
    badge.textContent = run.fails ? run.rule : "ok";
    headline.className = run.fails ? "" : "ok";
    headline.append(badge, `${run.allocator}: ${run.fails ? run.claim + ": broken" : "no rule is broken"}`);
    byId("evidence").textContent = run.evidence;
    byId("verdict").textContent = run.verdict;
    byId("operations-summary").textContent = `${Math.min(run.steps.length, run.operations)} of ${run.operations} shown`;
    byId("unchecked").replaceChildren(...run.unchecked.map((text) => {
        const item = document.createElement("li");
        item.textContent = text;
        return item;
    }));
    byId("commands").textContent = run.commands.join("\n");
    byId("reproducer").textContent = run.reproducer;
    run.steps.forEach((step, i) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = step.number === 0 ? "fresh" : `${step.number}  ${step.text}`;
        button.className = step.number === run.guilty ? "guilty" : step.result === "skipped" ? "skipped" : "";
        button.addEventListener("click", () => show(i));
        item.append(button);
        byId("operations").append(item);
    });
    byId("slider").max = String(run.steps.length - 1);
    byId("slider").addEventListener("input", () => show(Number(byId("slider").value)));
    const moves = {
        first: () => show(0), previous: () => show(shown - 1), next: () => show(shown + 1),
        last: () => show(run.steps.length - 1), "to-guilty": () => show(guiltyIndex()),
    };
    for (const id of Object.keys(moves))
        byId(id).addEventListener("click", moves[id]);
    const keys = {Home: "first", ArrowLeft: "previous", ArrowRight: "next", End: "last", g: "to-guilty"};
    document.addEventListener("keydown", (event) => {
        if (event.target.id === "slider" || keys[event.key] === undefined || event.ctrlKey || event.metaKey || event.altKey)
            return;
        event.preventDefault();
        moves[keys[event.key]]();
    });
    show(guiltyIndex());
}
start();
