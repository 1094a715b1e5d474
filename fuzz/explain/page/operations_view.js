// The list of operations: one can be gone to by a click.
"use strict";

class OperationsView {
    constructor(data, go) {
        this.items = [];
        this.guilty = data.outcome.end === "ok" ? -1 : data.outcome.operation;
        const list = byId("operations");
        list.style.setProperty(
            "--digits",
            `${String(data.base.n + data.steps.length + data.later.length).length}ch`,
        );
        this.add(
            list,
            data.base.n,
            data.base.n === 0 ? "start" : "…",
            "start",
            data.base.n === 0
                ? "heap and frames are made"
                : `${plural(data.base.n, "operation")} before, not shown`,
            () => go(0),
        );
        data.steps.forEach((step, i) =>
            this.add(list, step.n, step.op, step.k, step.r, () => go(i + 1)),
        );
        data.later.forEach((text, i) =>
            list.append(
                html(
                    "li",
                    {class: "later"},
                    html("span", {class: "number"}, this.guilty + i + 1),
                    html(
                        "span",
                        {class: "words"},
                        html("code", {}, text),
                        html("span", {class: "result"}, "not run"),
                    ),
                ),
            ),
        );
        byId("operations-summary").textContent =
            `${Math.min(data.steps.length, data.operations - data.base.n)} ` +
            `of ${numberText(data.operations)}`;
    }

    add(list, number, text, kind, result, go) {
        const guilty = number === this.guilty;
        const words = guilty ? "broken here" : resultText(result);
        const button = html(
            "button",
            {type: "button", onclick: go, tabindex: -1},
            html("span", {class: "number"}, number),
            html(
                "span",
                {class: "words"},
                html("code", {}, text),
                html("span", {class: "result"}, words),
            ),
        );
        const item = html("li", {class: `${kind}${guilty ? " guilty" : ""}`}, button);
        list.append(item);
        this.items.push(item);
    }

    draw(position) {
        const list = byId("operations");
        for (const item of list.querySelectorAll(".current")) {
            item.classList.remove("current");
            item.firstChild.removeAttribute("aria-current");
        }
        const item = this.items[position];
        item.classList.add("current");
        item.firstChild.setAttribute("aria-current", "step");
        const top = item.offsetTop - list.offsetTop;
        if (top < list.scrollTop + 40 || top > list.scrollTop + list.clientHeight - 80)
            list.scrollTop = top - list.clientHeight / 2;
    }
}

// What an operation did; that it is done goes without saying.
function resultText(result) {
    return result.replace(/^done(; |$)/, "");
}
