// The picture of the heap: rows of equal span, blocks to scale, before the operation (the thin
// lane) and after it.
"use strict";

const HEAP_SPANS = [256, 512, 1024, 2048, 4096, 8192, 16384];
const HEAP_ROWS_ALL = 14; // a heap of so many rows is shown whole
const HEAP_ROWS_MAX = 40;
const HEAP_LABEL = 76;

class HeapView {
    constructor(data, change) {
        this.guilty = data.outcome.guilty ?? {place: "nowhere"};
        this.key = data.machine.key;
        this.span = 0; // 0: chosen by the heap's size
        this.focus = undefined; // an address that is shown whatever has changed
        this.changed = change;
        legend("heap-legend", [
            ["block used", "used"],
            ["block free", "free"],
            ["control", "control block"],
            ["tag", "tags"],
            ["hatched", "not mapped"],
            ["block used changed", "changed"],
            ["block damaged", "damaged"],
            ["guilty", "the guilty place"],
        ]);
    }

    zoom(steps) {
        const at = HEAP_SPANS.indexOf(this.shownSpan) + steps;
        this.span = HEAP_SPANS[Math.max(0, Math.min(at, HEAP_SPANS.length - 1))];
        this.changed();
    }

    chooseSpan(extent) {
        const fits = HEAP_SPANS.find(
            (span) =>
                span >= 256 && extent / span - Math.floor(this.control / span) <= HEAP_ROWS_ALL,
        );
        return this.span || (fits && fits <= 4096 ? fits : 1024);
    }

    // The places that the operation has changed, and the guilty one.
    places(step, now) {
        const places = [];
        const inside = (at) =>
            at >= now.heap.start + now.machine.facts.control_size && at < this.end;
        for (const change of step?.words ?? []) if (inside(change.at)) places.push(change.at);
        for (const slot of step?.slots ?? []) if (inside(slot.now.at)) places.push(slot.now.at);
        if (this.focus !== undefined && this.focus < this.end) places.push(this.focus);
        if (this.guiltyHere()) places.unshift(this.guilty.at);
        return places;
    }

    guiltyHere() {
        return (
            (this.guilty.place === "word" || this.guilty.place === "page") &&
            this.guilty.at >= this.start &&
            this.guilty.at <
                Math.max(this.end, this.guilty.place === "page" ? this.guilty.at + 1 : 0)
        );
    }

    // Rows that hold nothing but the control block are left out: it is drawn above the others, not
    // to scale.
    firstRow() {
        return Math.floor(this.control / this.shownSpan);
    }

    rows(step, now) {
        const span = this.shownSpan;
        const count = Math.ceil((this.end - this.start) / span);
        const first = this.firstRow();
        if (count - first <= HEAP_ROWS_ALL)
            return Array.from({length: count - first}, (_, i) => first + i);
        const wanted = new Set(this.focus === undefined ? [first] : []);
        for (const at of this.places(step, now)) {
            const row = Math.floor((at - this.start) / span);
            for (const near of [row, row + 1, row - 1])
                if (near >= first && near < count && wanted.size < HEAP_ROWS_MAX) wanted.add(near);
        }
        return [...wanted].sort((a, b) => a - b);
    }

    draw(view) {
        const {step, before, after} = view;
        this.view = view;
        this.start = after.heap.start;
        this.end = Math.max(after.heap.end, before?.heap.end ?? 0);
        this.control = after.machine.facts.control_size;
        this.shownSpan = this.chooseSpan(this.end - this.start);
        this.width = Math.max(byId("heap").clientWidth, 420);
        this.scale = (this.width - HEAP_LABEL - 6) / this.shownSpan;
        this.places2d = new Map();
        const rows = this.rows(step, after);
        const body = svg("g", {});
        let last = this.firstRow() - 1;
        let y = last < 0 ? 10 : this.drawControlAlone(body, after);
        for (const row of rows) {
            if (row !== last + 1) y = this.drawGap(body, y, last, row);
            y = this.drawRow(body, y, this.start + row * this.shownSpan);
            last = row;
        }
        const count = Math.ceil((this.end - this.start) / this.shownSpan);
        if (last + 1 < count) y = this.drawGap(body, y, last, count);
        drawLinks(this, body, after.heap);
        drawGuilty(this, body);
        const picture = svg(
            "svg",
            {
                width: this.width,
                height: y + 4,
                viewBox: `0 0 ${this.width} ${y + 4}`,
                role: "img",
                "aria-label": heapSummary(after),
            },
            patterns(),
            body,
        );
        replace("heap", picture);
        replace(
            "heap-strip",
            rows.length < count - this.firstRow() ? heapStrip(this, after, rows) : [],
        );
        byId("heap-summary").textContent = heapSummary(after);
        byId("heap-span").textContent = `${this.shownSpan.toLocaleString("en")} bytes a row`;
    }

    drawGap(body, y, last, row) {
        const hidden = row - last - 1;
        const text = `${plural(hidden, "row")} without a change`;
        body.append(svg("text", {x: HEAP_LABEL, y: y + 11, class: "note"}, `⋯ ${text}`));
        return y + 18;
    }

    drawRow(body, y, from) {
        const {before, after} = this.view;
        const to = from + this.shownSpan;
        const differs = before !== undefined && this.rowDiffers(from, to);
        const page = from % 4096 === 0;
        body.append(
            svg(
                "text",
                {
                    x: HEAP_LABEL - 8,
                    y: y + (differs ? 25 : 14),
                    class: page ? "label page" : "label",
                    "text-anchor": "end",
                },
                hex(from),
            ),
        );
        if (differs) {
            this.drawLane(body, before, from, to, y, 9, false);
            y += 11;
        }
        this.drawLane(body, after, from, to, y, 20, true);
        return y + 26;
    }

    rowDiffers(from, to) {
        const {before, after} = this.view;
        const keys = (state) =>
            blocksBetween(state.heap, from, to).map(blockKey).join() +
            state.heap.end +
            pagesOf(from, to)
                .map((page) => state.mappedPages.has(page))
                .join();
        return keys(before) !== keys(after);
    }

    x(at, from) {
        return HEAP_LABEL + (at - from) * this.scale;
    }

    // The part of [at, at + size) that lies in the row.
    part(at, size, from, to) {
        const first = Math.max(at, from);
        return {x: this.x(first, from), width: (Math.min(at + size, to) - first) * this.scale};
    }

    drawLane(body, state, from, to, y, height, now) {
        const {heap} = state;
        const inside = Math.min(heap.end, to);
        const {x, width} = this.part(from, inside - from, from, to);
        body.append(rect(HEAP_LABEL, y, (to - from) * this.scale, height, "beyond"));
        if (inside <= from) return;
        body.append(rect(x, y, width, height, "inside"));
        this.drawControl(body, state, from, to, y, height, now);
        for (const block of blocksBetween(heap, from, to))
            this.drawBlock(body, state, block, from, to, y, height, now);
        if (
            heap.unreadable &&
            heap.unreadable.at < to &&
            heap.unreadable.at + heap.unreadable.size > from
        )
            this.drawUnreadable(body, heap.unreadable, from, to, y, height);
        for (const page of pagesOf(from, inside)) {
            if (state.mappedPages.has(page)) continue;
            const hole = this.part(page, 4096, from, inside);
            body.append(
                tip(rect(hole.x, y, hole.width, height, "hatched"), () => pageLines(state, page)),
            );
        }
        if (this.shownSpan > 4096)
            for (const page of pagesOf(from, inside))
                body.append(rect(this.x(page, from), y, 0.6, height, "tag"));
        this.places2d.set(`${from} ${now}`, {from, to, y, height});
    }

    drawControl(body, state, from, to, y, height, now) {
        const size = state.machine.facts.control_size;
        if (from >= state.heap.start + size + 4) return;
        const {x, width} = this.part(state.heap.start, size + 4, from, to);
        body.append(tip(rect(x, y, width, height, "control"), () => this.controlTip(state)));
        if (now && width > 60)
            body.append(
                svg(
                    "text",
                    {x: x + 6, y: y + height / 2 + 4, class: "inner"},
                    width > 100 ? "control block" : "control",
                ),
            );
    }

    drawControlAlone(body, state) {
        const width = this.shownSpan * this.scale;
        body.append(
            svg(
                "text",
                {x: HEAP_LABEL - 8, y: 13, class: "label page", "text-anchor": "end"},
                hex(state.heap.start),
            ),
            tip(rect(HEAP_LABEL, 2, width, 15, "control"), () => this.controlTip(state)),
            svg(
                "text",
                {x: HEAP_LABEL + width / 2, y: 13, class: "inner", "text-anchor": "middle"},
                `control block, ${bytes(this.control)}, not to scale`,
            ),
        );
        return 29;
    }

    controlTip(state) {
        return [
            "Control block",
            `${bytes(this.control)} at ${hex(state.heap.start)}: counters, bitmaps, heads of lists`,
            ...controlLines(state),
        ];
    }

    drawUnreadable(body, stretch, from, to, y, height) {
        const {x, width} = this.part(stretch.at, stretch.size, from, to);
        body.append(
            tip(rect(x, y, Math.max(width, 3), height, "block damaged"), () => [
                "Cannot be read",
                `${bytes(stretch.size)} from ${hex(stretch.at)} that no legal tag leads through`,
            ]),
        );
    }

    drawBlock(body, state, block, from, to, y, height, now) {
        const {x, width} = this.part(block.at, block.size, from, to);
        const changed =
            this.view.before !== undefined &&
            !isKnown(now ? this.view.before : this.view.after, block);
        const agree = block.footerTag === block.tag;
        const kinds = [
            "block",
            block.used ? "used" : "free",
            agree || "damaged",
            changed && "changed",
        ];
        const kind = kinds.filter((word) => typeof word === "string").join(" ");
        const place = {"data-at": block.at, "data-size": block.size, "data-now": now ? 1 : 0};
        body.append(
            tip(rect(x + 0.5, y + 0.5, Math.max(width - 1, 1), height - 1, kind, place), () =>
                blockLines(state, block),
            ),
        );
        const tagWidth = Math.min(Math.max(4 * this.scale, 2), width / 2);
        if (block.at >= from)
            body.append(this.tag(block.at, block.header, x, y, tagWidth, height, "header", true));
        if (block.at + block.size <= to)
            body.append(
                this.tag(
                    block.at + block.size - 4,
                    block.footer,
                    x + width - tagWidth,
                    y,
                    tagWidth,
                    height,
                    "footer",
                    agree,
                ),
            );
        const begun =
            block.at < from &&
            this.places2d.has(`${from - this.shownSpan} true`) &&
            (from - block.at) * this.scale > 60; // its label stands in the row before
        const text = now && !begun ? blockLabel(block, width) : "";
        if (text)
            body.append(
                svg(
                    "text",
                    {
                        x: x + width / 2,
                        y: y + height / 2 + 4,
                        class: "inner",
                        "text-anchor": "middle",
                    },
                    text,
                ),
            );
    }

    tag(at, word, x, y, width, height, name, good) {
        const mark = rect(
            x + 0.5,
            y + 0.5,
            Math.max(width - 1, 1),
            height - 1,
            good ? "tag" : "tag bad",
        );
        return tip(mark, () => [
            `${name === "header" ? "Header" : "Footer"} at ${hex(at)}`,
            ...tagLines(this.key, at, word),
        ]);
    }
}
