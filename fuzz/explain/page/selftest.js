// With #test behind its address the page goes through all that it shows, by the same ways as the
// keys, and writes what it saw into an element: for a test in a browser without a window.
"use strict";

const failures = [];
addEventListener("error", (event) => failures.push(`error: ${event.message}`));
addEventListener("unhandledrejection", (event) => failures.push(`rejection: ${event.reason}`));

const expect = (holds, text) => {
    if (!holds) failures.push(text);
};

const pressKey = (key) =>
    document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));

// Blocks are drawn in order, beside each other, and of widths that follow from their sizes.
function checkBlocks(page) {
    const {heap} = page;
    for (const block of byId("heap").querySelectorAll("rect.block[data-now='1']")) {
        const at = Number(block.dataset.at);
        const size = Number(block.dataset.size);
        const x = Number(block.getAttribute("x"));
        const width = Number(block.getAttribute("width"));
        const inRow = (at - heap.start) % heap.shownSpan;
        const whole = inRow + size <= heap.shownSpan;
        if (whole)
            expect(
                Math.abs(width + 1 - size * heap.scale) < 1.1,
                `block ${hex(at)}: width ${width}`,
            );
        if (whole)
            expect(
                Math.abs(x - 0.5 - HEAP_LABEL - inRow * heap.scale) < 0.6 ||
                    (Number(block.getAttribute("y")) > 0 && x < HEAP_LABEL + 2),
                `block ${hex(at)}: x ${x}`,
            );
    }
}

// The mark of the guilty place lies where the place does; what it lies in, if that is a block, is a
// block around it.
function checkGuilty(page) {
    const guilty = page.data.outcome.guilty;
    if (
        !guilty ||
        guilty.place !== "word" ||
        guilty.at < page.heap.start ||
        guilty.at >= page.heap.end
    )
        return "none";
    const mark = byId("guilty-mark");
    expect(mark !== null, "the guilty place is not marked");
    if (mark === null) return "missing";
    const box = mark.querySelector("rect").getBoundingClientRect();
    const middle = (box.left + box.right) / 2;
    for (const block of byId("heap").querySelectorAll("rect.block[data-now='1']")) {
        const at = Number(block.dataset.at);
        if (guilty.at < at || guilty.at >= at + Number(block.dataset.size)) continue;
        const around = block.getBoundingClientRect();
        if (around.top >= box.bottom || around.bottom <= box.top) continue;
        expect(
            middle >= around.left - 2 && middle <= around.right + 2,
            `the guilty place ${hex(guilty.at)} is drawn outside its block`,
        );
        return `in block ${hex(at)}`;
    }
    return "in no block";
}

// Forwards and backwards must lead to the same states.
function stateText(page) {
    const words = [...page.machine.words.pages].filter(([, page]) =>
        page.some((word) => word !== 0),
    );
    return (
        words
            .sort((a, b) => a[0] - b[0])
            .map(([number, page]) => `${number}:${page.join()}`)
            .join(";") +
        page.machine.tlb.values.size +
        [...page.machine.slots.keys()].sort().join()
    );
}

function checkSteps(page) {
    const pictures = [];
    const every = Math.max(1, Math.floor(page.last / 60));
    pressKey("Home");
    expect(page.position === 0, "Home does not lead to the start");
    const first = stateText(page);
    for (let i = 0; i < page.last; i++) {
        if (i % every !== 0 && i + 1 < page.last) {
            page.position++;
            continue;
        }
        pressKey("ArrowRight");
        pictures[page.position] = byId("heap").textContent;
        checkBlocks(page);
    }
    expect(page.position === page.last, "the right arrow does not lead to the end");
    for (let i = page.last; i > 0; i--) {
        if (pictures[i] !== undefined && page.position === i) {
            page.go(i);
            expect(
                byId("heap").textContent === pictures[i],
                `step ${i} looks different on the way back`,
            );
        }
        page.position--;
    }
    page.go(0);
    expect(stateText(page) === first, "the way back does not lead to the state of the start");
}

function checkTips() {
    let shown = 0;
    for (const element of document.querySelectorAll(
        "#heap rect, #paging g, #frames svg, #words tr, #paging h4",
    )) {
        if (!tips.has(element) || shown > 400) continue;
        Tip.show(element, 10, 10);
        expect(byId("tip").textContent.length > 3, "a tip is empty");
        shown++;
    }
    Tip.hide();
    return shown;
}

function selfTest(page) {
    let place = "none";
    let tipsShown = 0;
    try {
        checkSteps(page);
        pressKey("End");
        if (page.guiltyPosition >= 0) {
            pressKey("g");
            expect(
                page.position === page.guiltyPosition,
                "g does not lead to the guilty operation",
            );
            place = checkGuilty(page);
        }
        for (const key of ["+", "+", "-", "n", "n", "p", "Escape"]) pressKey(key);
        tipsShown = checkTips();
    } catch (error) {
        failures.push(`exception: ${error.message} ${error.stack}`);
    }
    const opened = Math.round(performance.now());
    document.body.append(
        html(
            "pre",
            {id: "self-test"},
            [
                `steps=${page.last}`,
                `guilty=${place}`,
                `tips=${tipsShown}`,
                `milliseconds=${opened}`,
                `opened=${Math.round(page.opened)}`,
                `failures=${failures.length}`,
                ...failures.slice(0, 20),
            ].join("\n"),
        ),
    );
}
