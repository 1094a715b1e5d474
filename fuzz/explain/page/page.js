// The page: the step that is shown, and the ways to another one.
"use strict";

class Page {
    constructor(data) {
        this.data = data;
        this.machine = new Machine(data);
        this.views = [];
        this.last = data.steps.length;
        this.guiltyPosition = data.outcome.end === "ok" ? -1 : data.outcome.operation - data.base.n;
        if (this.guiltyPosition > this.last) this.guiltyPosition = -1;
        drawReport(data);
        drawStack(data);
        drawCommands(data);
        this.operations = new OperationsView(data, (position) => this.go(position));
        this.overview = new OverviewView(data);
        this.heap = new HeapView(data, () => this.draw());
        this.views = [this.heap, new PagingView(data), new FramesView(data), new WordsView(data)];
        this.slider = byId("slider");
        this.slider.max = this.last;
        byId("to-guilty").hidden = this.guiltyPosition < 0;
        this.listen();
        // If all is well, where all is still there: what comes last gives it back.
        this.go(this.guiltyPosition >= 0 ? this.guiltyPosition : Math.max(0, this.last - 1));
        this.opened = performance.now(); // milliseconds since the page was asked for
    }

    listen() {
        const press = (id, action) => byId(id).addEventListener("click", action);
        this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
        press("first", () => this.go(0));
        press("previous", () => this.go(this.position - 1));
        press("next", () => this.go(this.position + 1));
        press("last", () => this.go(this.last));
        press("to-guilty", () => this.go(this.guiltyPosition));
        press("zoom-in", () => this.heap.zoom(-1));
        press("zoom-out", () => this.heap.zoom(1));
        document.addEventListener("keydown", (event) => this.key(event));
        let width = innerWidth;
        addEventListener("resize", () => {
            if (width !== innerWidth) this.draw();
            width = innerWidth;
        });
    }

    key(event) {
        if (event.ctrlKey || event.altKey || event.metaKey || event.target.tagName === "TEXTAREA")
            return;
        const actions = {
            ArrowLeft: () => this.go(this.position - 1),
            ArrowRight: () => this.go(this.position + 1),
            PageUp: () => this.go(this.position - 10),
            PageDown: () => this.go(this.position + 10),
            Home: () => this.go(0),
            End: () => this.go(this.last),
            g: () => this.guiltyPosition >= 0 && this.go(this.guiltyPosition),
            "+": () => this.heap.zoom(-1),
            "-": () => this.heap.zoom(1),
            n: () => this.select(1),
            p: () => this.select(-1),
            Escape: () => Tip.hide(),
        };
        if (!(event.key in actions)) return;
        event.preventDefault();
        actions[event.key]();
    }

    // The next block of the picture, with its tip, for those who have no pointer.
    select(direction) {
        const blocks = [...byId("heap").querySelectorAll("rect.block[data-now='1']")];
        if (blocks.length === 0) return;
        const now = blocks.indexOf(Tip.element);
        const block = blocks[(now + direction + blocks.length) % blocks.length];
        const box = block.getBoundingClientRect();
        Tip.show(block, box.left, box.bottom - 14);
        byId("status").textContent = byId("tip").textContent;
    }

    go(position) {
        this.position = Math.max(0, Math.min(position, this.last));
        if (this.heap) this.heap.focus = undefined;
        this.draw();
    }

    draw() {
        const {position, data} = this;
        const step = position > 0 ? this.machine.steps[position - 1] : undefined;
        const shown = position > 0 ? data.steps[position - 1] : undefined;
        const {before, after} = this.machine.visit(position, stateOf);
        const guilty = position === this.guiltyPosition;
        Tip.hide();
        for (const view of this.views) view.draw({step, before, after, guilty});
        this.operations.draw(position);
        this.slider.value = position;
        const number = data.base.n + position;
        const text = shown
            ? shown.op
            : data.base.n === 0
              ? "the start"
              : `behind operation ${data.base.n}`;
        this.slider.setAttribute("aria-valuetext", `operation ${number}: ${text}`);
        replace(
            "step",
            html("span", {class: "number"}, number),
            html("code", {}, text),
            html("span", {class: "result"}, guilty ? "broken here" : resultText(shown?.r ?? "")),
        );
        byId("step").classList.toggle("guilty", guilty);
        byId("status").textContent = `Operation ${number}: ${text}. ${heapSummary(after)}`;
        byId("previous").disabled = byId("first").disabled = position === 0;
        byId("next").disabled = byId("last").disabled = position === this.last;
    }
}

Tip.start();
const page = new Page(JSON.parse(byId("data").textContent));
if (location.hash === "#test") selfTest(page);
