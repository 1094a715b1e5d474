// With #test behind its address the page looks at itself as a reader would, and writes what it
// found into an element: for a test in a browser without a window.
"use strict";

const failures = [];
addEventListener("error", (event) => failures.push(`error: ${event.message}`));
addEventListener("unhandledrejection", (event) => failures.push(`rejection: ${event.reason}`));

const expect = (holds, text) => {
    if (!holds) failures.push(text);
};

// --- charts ---

// Each is drawn inside its picture, from numbers, with its name in words, and has its numbers in a
// table.
function checkChart(one) {
    const {title, series} = one.spec;
    const lines = [...one.picture.querySelectorAll("path.line")];
    expect(lines.length === series.length, `${title}: ${lines.length} lines of ${series.length}`);
    for (const line of lines) {
        const box = line.getBBox();
        expect(
            !/NaN|undefined|Infinity/.test(line.getAttribute("d")),
            `${title}: a line of no numbers`,
        );
        expect(box.width > 20, `${title}: a line ${box.width} pixels wide`);
        expect(
            box.x >= MARGIN.left - 1 && box.x + box.width <= one.picture.clientWidth && box.y >= 0,
            `${title}: a line outside`,
        );
    }
    const marks = [...one.picture.querySelectorAll("text.axis")].map((mark) => mark.textContent);
    expect(
        marks.length >= 3 && new Set(marks).size >= 3,
        `${title}: axes marked ${marks.join(" ")}`,
    );
    expect(one.picture.getAttribute("aria-label").includes(title), `${title}: no words for it`);
    unfold(one.figure.querySelector("details"));
    expect(one.figure.querySelectorAll("tbody tr").length >= 2, `${title}: no table`);
    checkKeys(one);
}

// The event of the browser comes later.
function unfold(details) {
    details.open = true;
    details.dispatchEvent(new Event("toggle"));
}

function checkKeys(one) {
    const press = (key) =>
        one.picture.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
    const place = () => one.picture.querySelector(".cursor")?.getAttribute("x1");
    press("Home");
    const first = place();
    press("ArrowRight");
    expect(one.position === 1 && place() !== first, `${one.spec.title}: keys do not lead on`);
    press("End");
    expect(one.position === one.xs.length - 1, `${one.spec.title}: End does not lead to the end`);
    press("Escape");
    expect(one.position === -1, `${one.spec.title}: Escape does not lead out`);
}

// --- colours ---

// Red, green, blue and how opaque, each from 0 to 1.
function colourOf(text) {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    return [red / 255, green / 255, blue / 255, alpha];
}

// WCAG 2.1, relative luminance.
function luminance([red, green, blue]) {
    const [r, g, b] = [red, green, blue].map((part) =>
        part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function groundOf(element) {
    for (let at = element; at; at = at.parentElement) {
        const colour = colourOf(getComputedStyle(at).backgroundColor);
        if (colour[3] > 0) return colour;
    }
    return [1, 1, 1, 1];
}

// WCAG 2.1, 1.4.3: text has a contrast of 4.5 at least (AA).
function checkContrast() {
    let least = 21;
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own || element.getClientRects().length === 0 || element.matches("script, .skip"))
            continue;
        const style = getComputedStyle(element);
        const ink = luminance(colourOf(element instanceof SVGElement ? style.fill : style.color));
        const ground = luminance(groundOf(element));
        const contrast = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
        least = Math.min(least, contrast);
        expect(
            contrast >= 4.5,
            `contrast ${contrast.toFixed(2)}: ${element.textContent.trim().slice(0, 40)}`,
        );
    }
    return least;
}

// --- the page ---

function checkLinks() {
    const links = [...document.querySelectorAll("a")];
    const outside = [];
    for (const link of links) {
        const address = link.getAttribute("href");
        if (address.startsWith("#")) expect(byId(address.slice(1)) !== null, `no ${address}`);
        else outside.push(address);
        expect(link.textContent.trim() !== "", `a link to ${address} without a text`);
    }
    return outside;
}

function checkPage() {
    document.querySelectorAll("details:not([open])").forEach(unfold);
    expect(
        document.querySelectorAll("h1").length === 1 && byId("headline").textContent !== "",
        "no headline",
    );
    for (const section of document.querySelectorAll("section"))
        expect(section.children.length > 1, `${section.id}: nothing in it`);
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    expect(new Set(ids).size === ids.length, "an id twice");
    const width = document.documentElement.scrollWidth;
    expect(width <= innerWidth, `${width} pixels wide, in a window of ${innerWidth}`);
    expect(
        !/undefined|NaN|\[object/.test(document.body.innerText),
        "a value that is none is shown",
    );
}

function selfTest() {
    let outside = [];
    let contrast = 0;
    try {
        charts.forEach(checkChart);
        outside = checkLinks();
        checkPage();
        contrast = checkContrast();
    } catch (error) {
        failures.push(`exception: ${error.message} ${error.stack}`);
    }
    const lines = [
        `charts=${charts.length}`,
        `absent=${document.querySelectorAll(".absent").length}`,
        `headline=${byId("headline").className}`,
        `dark=${matchMedia("(prefers-color-scheme: dark)").matches}`,
        `width=${innerWidth}`,
        `contrast=${contrast.toFixed(2)}`,
        `painted=${Math.round(painted)}`,
        ...outside.map((address) => `link=${address}`),
        `failures=${failures.length}`,
        ...failures.slice(0, 20),
    ];
    document.body.append(html("pre", {id: "self-test"}, lines.join("\n")));
    // In a frame as narrow as a phone, which no browser's window is.
    if (parent !== self) parent.postMessage(lines.join("\n"), "*");
}
