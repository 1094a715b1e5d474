// The whole run: bytes in use, the heap's extent and its mapped pages, and how the free bytes are
// scattered.
"use strict";

const CHART = {width: 1180, height: 150, left: 62, right: 12, top: 10, bottom: 22};
const POINT_LENGTH = 7;

class OverviewView {
    constructor(data) {
        this.points = [];
        for (let i = 0; i + POINT_LENGTH <= data.overview.length; i += POINT_LENGTH) {
            const [n, live, extent, mapped, freeBlocks, freeBytes, largest] = data.overview.slice(
                i,
                i + POINT_LENGTH,
            );
            this.points.push({
                n,
                live,
                extent,
                mapped: mapped * 4096,
                freeBlocks,
                scattered: freeBytes ? 1 - largest / freeBytes : 0,
            });
        }
        this.last = Math.max(this.points[this.points.length - 1]?.n ?? 0, 1);
        this.shown = [data.base.n, data.base.n + data.steps.length];
        this.guilty = data.outcome.end === "ok" ? undefined : data.outcome.operation;
        byId("overview-section").hidden = this.points.length < 3;
        if (this.points.length >= 3)
            replace(
                "overview",
                this.chart(
                    "bytes of the heap",
                    [
                        ["extent", "extent"],
                        ["mapped", "mapped"],
                        ["live", "live"],
                    ],
                    axisText,
                ),
                this.chart(
                    "free bytes outside the largest free block",
                    [["scattered", "scattered"]],
                    (value) => `${Math.round(value * 100)} %`,
                    1,
                ),
            );
        legend("overview-legend", [
            ["series extent", "extent"],
            ["series mapped", "mapped pages"],
            ["series live", "live blocks"],
            ["series scattered", "scattered: 1 − largest free block / free bytes"],
            ...(this.shown[1] - this.shown[0] < this.last ? [["stretch", "shown above"]] : []),
        ]);
    }

    chart(label, series, text, fixed) {
        const {left, right, top, bottom} = CHART;
        const width = CHART.width;
        const height = fixed ? 90 : CHART.height;
        const most =
            fixed ??
            Math.max(1, ...this.points.flatMap((point) => series.map(([name]) => point[name])));
        const x = (n) => rounded(left + (n / this.last) * (width - left - right));
        const y = (value) => rounded(height - bottom - (value / most) * (height - top - bottom));
        const line = (name) =>
            this.points.map((point) => `${x(point.n)} ${y(point[name])}`).join("L");
        const body = [0, 0.5, 1].map((part) => [
            svg("path", {d: `M${left} ${y(part * most)}H${width - right}`, class: "rule"}),
            svg(
                "text",
                {x: left - 6, y: y(part * most) + 4, class: "label", "text-anchor": "end"},
                text(part * most),
            ),
        ]);
        if (this.shown[1] - this.shown[0] < this.last)
            body.push(
                rect(
                    x(this.shown[0]),
                    top,
                    Math.max(x(this.shown[1]) - x(this.shown[0]), 2),
                    height - top - bottom,
                    "stretch",
                ),
            );
        for (const [name, kind] of series) {
            if (name !== "extent" && name !== "mapped")
                body.push(
                    svg("path", {
                        d: `M${x(this.points[0].n)} ${y(0)}L${line(name)}L${x(this.last)} ${y(0)}z`,
                        class: `area ${kind}`,
                    }),
                );
            body.push(svg("path", {d: `M${line(name)}`, class: `series ${kind}`}));
        }
        for (const part of this.last < 8 ? [0, 1] : [0, 0.25, 0.5, 0.75, 1]) {
            const n = Math.round(part * this.last);
            body.push(
                svg(
                    "text",
                    {
                        x: x(n),
                        y: height - 6,
                        class: "label",
                        "text-anchor": part === 0 ? "start" : part === 1 ? "end" : "middle",
                    },
                    n.toLocaleString("en"),
                ),
            );
        }
        if (this.guilty !== undefined)
            body.push(
                svg("path", {
                    d: `M${x(this.guilty)} ${top}V${height - bottom}`,
                    class: "guilty-line",
                }),
            );
        return html(
            "figure",
            {},
            html("figcaption", {}, label),
            this.point(
                svg(
                    "svg",
                    {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label},
                    body,
                ),
                series,
                text,
            ),
        );
    }

    point(picture, series, text) {
        let nearest = this.points[0];
        picture.addEventListener("pointermove", (event) => {
            const box = picture.getBoundingClientRect();
            const part =
                (((event.clientX - box.left) / box.width) * CHART.width - CHART.left) /
                (CHART.width - CHART.left - CHART.right);
            const n = Math.max(0, Math.min(1, part)) * this.last;
            const closer = this.points.reduce((a, b) =>
                Math.abs(b.n - n) < Math.abs(a.n - n) ? b : a,
            );
            if (closer !== nearest) Tip.hide();
            nearest = closer;
        });
        return tip(picture, () => [
            `After operation ${nearest.n.toLocaleString("en")}`,
            ...series.map(([name]) => [name, text(nearest[name])]),
            ["free blocks", nearest.freeBlocks.toLocaleString("en")],
        ]);
    }
}

function axisText(count) {
    if (count >= 1 << 20) return `${(count / (1 << 20)).toFixed(1)} MiB`;
    return count === 0 ? "0" : `${(count / 1024).toFixed(count < 10240 ? 1 : 0)} KiB`;
}
