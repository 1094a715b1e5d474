// Charts. One is drawn to the width that it has, is read point by point with the pointer or the
// arrow keys, and has its numbers as a table below.
"use strict";

const CHART_HEIGHT = 170;
const MARGIN = {left: 52, right: 10, top: 8, bottom: 24};

const lastUpTo = (points, x) => points.filter((point) => point[0] <= x + 1e-9).at(-1);

class Chart {
    // spec: title, series [{name, points [[x, y]...], failed [bool...]}], xText; steps,
    // dots, logarithmic (x), zero (y starts at 0), xName
    constructor(spec) {
        this.spec = spec;
        this.xs = [...new Set(spec.series.flatMap((one) => one.points.map((p) => p[0])))].sort(
            (a, b) => a - b,
        );
        this.position = -1;
        this.picture = svg("svg", {role: "img", tabindex: 0, "aria-label": this.inWords()});
        this.readout = html("div", {class: "readout"});
        this.figure = html(
            "figure",
            {class: "chart"},
            html("figcaption", {}, spec.title),
            this.readout,
            this.picture,
            folded("as a table", () => this.numbers()),
        );
        this.picture.addEventListener("keydown", (event) => this.key(event));
        this.picture.addEventListener("pointermove", (event) => this.point(event));
        this.picture.addEventListener("pointerleave", () => this.show(-1));
        this.picture.addEventListener("blur", () => this.show(-1));
        this.show(-1);
    }

    xText = (x) => (this.spec.xText ?? durationText)(x);

    // What the picture shows, for who cannot see it.
    inWords() {
        const texts = this.spec.series.map(({name, points}) => {
            const [first, last] = [points[0], points.at(-1)];
            const text = ([x, y]) => `${whole(y)} at ${this.xText(x)}`;
            return `${name}: ${text(first)}, ${text(last)}`;
        });
        const how = "Arrow keys read the points; a table follows.";
        return `Chart: ${this.spec.title}. ${texts.join("; ")}. ${how}`;
    }

    // At most so many rows that a person reads them.
    numbers() {
        const {series, xName} = this.spec;
        const every = Math.max(1, Math.ceil(this.xs.length / 60));
        const shown = this.xs.filter((_, i) => i % every === 0 || i === this.xs.length - 1);
        return table(
            [xName ?? "after", ...series.map((one) => one.name)],
            shown.map((x) => [
                this.xText(x),
                ...series.map((one) => {
                    const at = lastUpTo(one.points, x);
                    return at ? whole(at[1]) : "";
                }),
            ]),
            {numbers: series.map((_, i) => i + 1), tall: true},
        );
    }

    key(event) {
        const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
        const end = {Home: 0, End: this.xs.length - 1, Escape: -1}[event.key];
        if (step === undefined && end === undefined) return;
        event.preventDefault();
        const next = end ?? Math.max(0, this.position + step);
        this.show(Math.min(next, this.xs.length - 1));
    }

    point(event) {
        const x = event.clientX - this.picture.getBoundingClientRect().left;
        let best = 0;
        for (let i = 1; i < this.xs.length; i++)
            if (
                Math.abs(this.xAxis.at(this.xs[i]) - x) < Math.abs(this.xAxis.at(this.xs[best]) - x)
            )
                best = i;
        this.show(best);
    }

    // Shows the values at a position; without one, the last ones.
    show(position) {
        const {series} = this.spec;
        this.position = position;
        const x = this.xs[position < 0 ? this.xs.length - 1 : position];
        const texts = series.map(({name, points}, i) => {
            const at = lastUpTo(points, x);
            const text = at ? whole(at[1]) : "none yet";
            return html(
                "span",
                {class: `key s${i}`},
                series.length > 1 ? html("i") : null,
                series.length > 1 ? `${name} ${text}` : text,
            );
        });
        this.readout.replaceChildren(...texts, position < 0 ? "" : this.xText(x));
        this.readout.setAttribute("aria-live", position < 0 ? "off" : "polite");
        this.draw();
    }

    draw() {
        const width = this.picture.clientWidth;
        if (width === 0) return;
        const {series, logarithmic, zero} = this.spec;
        const bottom = CHART_HEIGHT - MARGIN.bottom;
        const values = series.flatMap((one) => one.points.map((point) => point[1]));
        const right = width - MARGIN.right;
        this.xAxis = axisOf(this.xs, MARGIN.left, right, {
            parts: width / 110,
            logarithmic,
            time: true,
        });
        const y = axisOf(values, bottom, MARGIN.top, {parts: 4, zero, unit: 1});
        this.picture.setAttribute("height", CHART_HEIGHT);
        this.picture.setAttribute("viewBox", `0 0 ${width} ${CHART_HEIGHT}`);
        this.picture.replaceChildren(
            ...y.marks.map((mark) => this.markY(mark, rounded(y.at(mark)), width)),
            ...this.xMarks().map((mark) => this.markX(mark, bottom)),
            ...series.map((one, i) => this.line(one, i, y)),
            ...this.cursor(y, bottom),
        );
    }

    xMarks = () => this.spec.xMarks?.(this.xs) ?? this.xAxis.marks;

    markY(mark, at, width) {
        return svg(
            "g",
            {},
            svg("line", {class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: at, y2: at}),
            svg(
                "text",
                {class: "axis", x: MARGIN.left - 8, y: at + 4, "text-anchor": "end"},
                short(mark),
            ),
        );
    }

    markX(mark, bottom) {
        const at = rounded(this.xAxis.at(mark));
        const text = this.spec.xText ? this.xText(mark) : timeMark(mark, this.xs.at(-1));
        const anchor = at > this.picture.clientWidth - 40 ? "end" : "middle";
        return svg("text", {class: "axis", x: at, y: bottom + 18, "text-anchor": anchor}, text);
    }

    line({points, failed}, i, y) {
        const at = points.map(([x, value]) => [rounded(this.xAxis.at(x)), rounded(y.at(value))]);
        const path = at
            .map(([x, place], k) => {
                if (k === 0) return `M${x} ${place}`;
                return this.spec.steps ? `H${x}V${place}` : `L${x} ${place}`;
            })
            .join("");
        return svg(
            "g",
            {class: `s${i}`},
            svg("path", {class: "line", d: path}),
            (this.spec.dots ? at : []).map(([cx, cy], k) =>
                svg("circle", {class: failed?.[k] ? "dot failed" : "dot", cx, cy, r: 3.5}),
            ),
        );
    }

    cursor(y, bottom) {
        if (this.position < 0) return [];
        const x = this.xAxis.at(this.xs[this.position]);
        const dots = this.spec.series.map(({points}, i) => {
            const at = lastUpTo(points, this.xs[this.position]);
            if (!at) return null;
            const place = {cx: this.xAxis.at(at[0]), cy: y.at(at[1]), r: 4.5};
            return svg("g", {class: `s${i}`}, svg("circle", {class: "dot", ...place}));
        });
        return [
            svg("line", {class: "cursor", x1: x, x2: x, y1: MARGIN.top, y2: bottom}),
            ...dots.filter((dot) => dot),
        ];
    }
}

const charts = [];

// A chart, or a line where there is not enough for one.
function chart(spec) {
    const series = spec.series.filter((one) => one.points.at(-1)?.[0] > one.points[0]?.[0]);
    if (series.length === 0) {
        const known = spec.series.findLast((one) => one.points.length > 0);
        const text = known
            ? `${whole(known.points.at(-1)[1])}; one moment makes no curve.`
            : "No figures.";
        return html(
            "figure",
            {},
            html("figcaption", {}, spec.title),
            html("p", {class: "note"}, text),
        );
    }
    const made = new Chart({...spec, series});
    charts.push(made);
    return made.figure;
}
