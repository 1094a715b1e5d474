// What is drawn over the rows of the heap: list links, the guilty place, the whole heap in a line.
"use strict";

function patterns() {
    return svg(
        "defs",
        {},
        svg(
            "pattern",
            {
                id: "hatch",
                width: 6,
                height: 6,
                patternUnits: "userSpaceOnUse",
                patternTransform: "rotate(45)",
            },
            rect(0, 0, 6, 6, "hatch-ground"),
            rect(0, 0, 1.6, 6, "hatch-line"),
        ),
        svg(
            "marker",
            {
                id: "link-end",
                viewBox: "0 0 8 8",
                refX: 6,
                refY: 4,
                markerWidth: 5,
                markerHeight: 5,
                orient: "auto",
            },
            svg("path", {d: "M0 0L8 4L0 8z", class: "link-end"}),
        ),
    );
}

// The middle of a block's start in the lower lane, if it is shown.
function linkPoint(view, at) {
    const from = view.start + Math.floor((at - view.start) / view.shownSpan) * view.shownSpan;
    const lane = view.places2d.get(`${from} true`);
    return lane && {x: view.x(at, from) + 6, y: lane.y + lane.height};
}

function drawLinks(view, body, heap) {
    let drawn = 0;
    for (const block of heap.blocks) {
        if (block.used || block === heap.last || block.next === 0 || drawn > 200) continue;
        const from = linkPoint(view, block.at);
        const to = linkPoint(view, block.next);
        if (!from || !to) continue;
        // Within a row below it, otherwise from row to row.
        const bend = from.y === to.y ? 12 : (to.y - from.y) / 2;
        const end = from.y === to.y ? to.y + bend : to.y - bend;
        const curve = [from.x, from.y + bend, to.x, end, to.x, to.y].map(rounded).join(" ");
        const shape = `M${rounded(from.x)} ${rounded(from.y)}C${curve}`;
        body.append(
            tip(svg("path", {d: shape, class: "link"}), () => [
                "List link",
                `${hex(block.at)} → ${hex(block.next)}`,
                `bin ${binOf(block.size)}`,
            ]),
        );
        drawn++;
    }
}

function drawGuilty(view, body) {
    if (!view.guiltyHere()) return;
    const size = view.guilty.place === "page" ? 4096 : 4;
    for (const lane of [...view.places2d.entries()]
        .filter(([key]) => key.endsWith("true"))
        .map(([, value]) => value)) {
        if (view.guilty.at >= lane.to || view.guilty.at + size <= lane.from) continue;
        const part = view.part(view.guilty.at, size, lane.from, lane.to);
        const width = Math.max(part.width, 3);
        const middle = rounded(part.x + Math.min(part.width, 3000) / 2);
        body.append(
            svg(
                "g",
                {
                    class: `guilty${view.view.guilty ? "" : " dim"}`,
                    id: "guilty-mark",
                    "data-at": view.guilty.at,
                },
                rect(
                    part.x - (width - part.width) / 2,
                    lane.y - 1,
                    width,
                    lane.height + 2,
                    "guilty",
                ),
                svg("path", {class: "arrow", d: `M${middle} ${lane.y - 1}l-5 -8h10z`}),
            ),
        );
    }
}

// The whole heap in one line, for heaps that are not shown whole.
function heapStrip(view, state, rows) {
    const width = view.width - HEAP_LABEL - 6;
    const count = Math.round(width / 3);
    const piece = (view.end - view.start) / count;
    const marks = [];
    for (let i = 0; i < count; i++) {
        const from = view.start + i * piece;
        const middle = Math.floor(from + piece / 2);
        const block = blockAt(state.heap, middle);
        const page = middle - (middle % 4096);
        const kind = !state.mappedPages.has(page)
            ? "hatched"
            : block && !block.used
              ? "block free"
              : "block used";
        marks.push(rect(HEAP_LABEL + i * 3, 2, 3, 12, `${kind} flat`));
    }
    for (const row of rows)
        marks.push(
            rect(
                HEAP_LABEL + ((row * view.shownSpan) / piece) * 3,
                0,
                Math.max((view.shownSpan / piece) * 3, 1.5),
                16,
                "shown",
            ),
        );
    const picture = svg(
        "svg",
        {
            width: view.width,
            height: 18,
            role: "img",
            "aria-label": "The whole heap: click to look at a place",
        },
        patterns(),
        svg("text", {x: HEAP_LABEL - 8, y: 12, class: "label", "text-anchor": "end"}, "whole heap"),
        marks,
    );
    picture.addEventListener("click", (event) => {
        const x = event.clientX - picture.getBoundingClientRect().left - HEAP_LABEL;
        view.focus = view.start + Math.max(0, Math.floor((x / 3) * piece));
        view.changed();
    });
    return picture;
}
