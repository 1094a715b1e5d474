// Elements of the page and of its pictures, and the tip that tells what lies under the pointer.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
        if (value === undefined || value === false) continue;
        if (name === "onclick") element.addEventListener("click", value);
        else element.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat(3))
        if (child !== undefined && child !== null) element.append(child);
    return element;
}

const html = (tag, attributes, ...children) =>
    fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
    fill(document.createElementNS(SVG, tag), attributes, children);
const byId = (id) => document.getElementById(id);
const replace = (id, ...children) =>
    byId(id).replaceChildren(...children.flat(3).filter((child) => child));

function sizeText(count) {
    if (count >= 1 << 20) return `${(count / (1 << 20)).toFixed(1)} MiB`;
    return count >= 10240 ? `${Math.round(count / 1024)} KiB` : bytes(Math.round(count));
}

const rounded = (number) => Math.round(number * 100) / 100;

function rect(x, y, width, height, kind, attributes) {
    return svg("rect", {
        x: rounded(x),
        y: rounded(y),
        width: rounded(Math.max(width, 0)),
        height: rounded(height),
        class: kind,
        ...attributes,
    });
}

// Tips: a function per element that gives lines, the first one the heading; a line is a text or
// [name, text].
const tips = new WeakMap();

function tip(element, lines) {
    tips.set(element, lines);
    return element;
}

const Tip = {
    element: null,

    show(target, x, y) {
        const box = byId("tip");
        if (this.element !== target) {
            this.element?.classList.remove("pointed");
            this.element = target;
            target.classList.add("pointed");
            const [heading, ...lines] = tips.get(target)();
            box.replaceChildren(
                html("strong", {}, heading),
                ...lines.map((line) => this.line(line)),
            );
        }
        box.hidden = false;
        const width = box.offsetWidth;
        const height = box.offsetHeight;
        box.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
        const below = y + 18 + height <= innerHeight;
        box.style.top = `${below ? y + 18 : Math.max(4, y - height - 10)}px`;
    },

    line(line) {
        if (typeof line === "string") return html("div", {}, line);
        return html("div", {}, html("span", {class: "name"}, line[0]), html("code", {}, line[1]));
    },

    hide() {
        byId("tip").hidden = true;
        this.element?.classList.remove("pointed");
        this.element = null;
    },

    start() {
        document.addEventListener("pointermove", (event) => {
            let target = event.target;
            while (target && target !== document && !tips.has(target)) target = target.parentNode;
            if (target && target !== document) this.show(target, event.clientX, event.clientY);
            else this.hide();
        });
        document.addEventListener("pointerleave", () => this.hide());
    },
};

function legend(id, items) {
    replace(
        id,
        items.map(([kind, text]) =>
            html(
                "span",
                {},
                svg(
                    "svg",
                    {class: "swatch", width: 14, height: 12, "aria-hidden": "true"},
                    rect(0.5, 0.5, 13, 11, kind),
                ),
                text,
            ),
        ),
    );
}
