// The frames of physical memory, each as the bitmap has it and as the tables use it.
"use strict";

class FramesView {
    constructor(data) {
        this.guilty = data.outcome.guilty ?? {place: "nowhere"};
        this.count = data.machine.frame_count;
        this.columns = this.count <= 640 ? 32 : this.count <= 4096 ? 64 : 256;
        this.cell = 296 / this.columns;
        legend(
            "frames-legend",
            ["free", "heap", "table", "device", "held", "boot", "lost"].map((kind) => [
                `frame ${kind}`,
                {
                    boot: "boot, reserved",
                    heap: "heap page",
                    table: "page table",
                    device: "device page",
                    held: "held by another",
                    lost: "taken by nobody",
                }[kind] ?? kind,
            ]),
        );
    }

    draw(view) {
        const {after, before} = view;
        const cell = this.cell;
        const tall = Math.max(cell, cell < 4 ? 2 : 10);
        const rows = Math.ceil(this.count / this.columns);
        const label = 46;
        const body = [];
        for (let row = 0; row < rows; row++)
            this.row(body, after, row, label, row * tall + 2, tall);
        if (before) this.changes(body, before, after, label, tall);
        if (this.guilty.place === "frame")
            this.mark(body, this.guilty.at, label, tall, view.guilty);
        const width = label + this.columns * cell + 4;
        const height = rows * tall + 6;
        const picture = svg(
            "svg",
            {
                width,
                height,
                viewBox: `0 0 ${width} ${height}`,
                role: "img",
                "aria-label": this.summary(after),
            },
            body,
        );
        this.point(picture, after, label, tall);
        replace("frames", picture);
        byId("frames-summary").textContent = this.summary(after);
    }

    // Runs of the same kind as one rectangle.
    row(body, state, row, label, y, tall) {
        const first = row * this.columns;
        const end = Math.min(first + this.columns, this.count);
        const every = tall >= 10 ? 1 : Math.ceil(12 / tall);
        if (row % every === 0)
            body.push(
                svg(
                    "text",
                    {x: label - 6, y: y + Math.min(tall, 10), class: "label", "text-anchor": "end"},
                    first,
                ),
            );
        for (let from = first; from < end;) {
            let to = from + 1;
            while (to < end && state.kinds[to] === state.kinds[from]) to++;
            const x = label + (from - first) * this.cell;
            body.push(
                rect(
                    x,
                    y,
                    (to - from) * this.cell,
                    tall - (tall > 4 ? 1 : 0),
                    `frame ${FRAME_KINDS[state.kinds[from]]}`,
                ),
            );
            if (tall > 4)
                for (let i = from + 1; i < to; i++)
                    body.push(rect(label + (i - first) * this.cell, y, 0.5, tall - 1, "grid"));
            from = to;
        }
    }

    place(frame, label, tall) {
        return {
            x: label + (frame % this.columns) * this.cell,
            y: Math.floor(frame / this.columns) * tall + 2,
        };
    }

    changes(body, before, after, label, tall) {
        for (let frame = 0; frame < this.count; frame++) {
            if (
                before.kinds[frame] === after.kinds[frame] &&
                before.users.get(frame)?.at === after.users.get(frame)?.at
            )
                continue;
            const {x, y} = this.place(frame, label, tall);
            body.push(rect(x, y, this.cell, tall - (tall > 4 ? 1 : 0), "frame-changed"));
        }
    }

    mark(body, frame, label, tall, now) {
        const {x, y} = this.place(frame, label, tall);
        const size = Math.max(this.cell, 5);
        body.push(
            svg(
                "g",
                {class: `guilty${now ? "" : " dim"}`, id: "guilty-frame", "data-at": frame},
                rect(x - 1, y - 1, size + 2, Math.max(tall, 5) + 1, "guilty"),
            ),
        );
    }

    point(picture, state, label, tall) {
        const shown = {frame: 0};
        tip(picture, () => frameLines(state, shown.frame));
        picture.addEventListener("pointermove", (event) => {
            const box = picture.getBoundingClientRect();
            const column = Math.floor((event.clientX - box.left - label) / this.cell);
            const row = Math.floor((event.clientY - box.top - 2) / tall);
            const frame = row * this.columns + column;
            if (column < 0 || column >= this.columns || row < 0 || frame >= this.count) {
                event.stopPropagation();
                Tip.hide();
                return;
            }
            if (frame !== shown.frame) Tip.hide();
            shown.frame = frame;
        });
    }

    summary(state) {
        const counts = new Array(FRAME_KINDS.length).fill(0);
        for (const kind of state.kinds) counts[kind]++;
        return FRAME_KINDS.map((kind, i) => [counts[i], kind])
            .filter(([count, kind]) => count && kind !== "boot")
            .map(
                ([count, kind]) =>
                    `${count.toLocaleString("en")} ${kind === "lost" ? "taken by nobody" : kind}`,
            )
            .join(", ");
    }
}
