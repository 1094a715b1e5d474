// Tables, which stand beside all that is drawn.
"use strict";

// A row is an array of what its cells hold, a cell itself where that is one; `sum' on it marks the
// last. Options: the columns that hold numbers; tall, for a table that scrolls by itself.
function table(head, rows, options = {}) {
    const numeric = head.map((_, i) => i > 0 && (options.numbers ?? []).includes(i));
    const cell = (content, i, tag) => {
        if (content instanceof Element && content.tagName === "TD") return content;
        return html(tag, {class: numeric[i] && "number", scope: tag === "th" && "row"}, content);
    };
    return html(
        "div",
        {class: "scroll", tabindex: options.tall ? 0 : undefined},
        html(
            "table",
            {class: options.numbers && "figures"},
            html(
                "thead",
                {},
                html(
                    "tr",
                    {},
                    head.map((text, i) =>
                        html("th", {scope: "col", class: numeric[i] && "number"}, text),
                    ),
                ),
            ),
            html(
                "tbody",
                {},
                rows.map((row) =>
                    html(
                        "tr",
                        {class: row.sum && "sum"},
                        row.map((content, i) => cell(content, i, i === 0 ? "th" : "td")),
                    ),
                ),
            ),
        ),
    );
}

// What is unfolded by a click, and made only then: it is most of the page, and few look at all of
// it.
function folded(title, make) {
    const details = html("details", {}, html("summary", {}, title));
    const open = () => {
        if (!details.open) return;
        details.append(make());
        details.removeEventListener("toggle", open);
    };
    details.addEventListener("toggle", open);
    return details;
}

// A share from 0 to 1 as a bar in a table's cell; beyond `high' it is drawn in another colour.
function meter(share, high = 2) {
    const width = `${(100 * Math.max(0, Math.min(1, share))).toFixed(1)}%`;
    const inner = html("span", {class: share > high && "high"});
    inner.style.width = width;
    return html("td", {class: "bar"}, html("span", {class: "meter", "aria-hidden": "true"}, inner));
}
