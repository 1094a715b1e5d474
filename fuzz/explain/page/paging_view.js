// The page tables: the directory's slots, each table's entries as a grid of 64 in a row, and under
// each entry what the TLB holds for its page.
"use strict";

const TABLE_COLUMNS = 64;
const TABLE_CELL = 7;
const TABLE_PAGES_ALL = 512; // so many entries are all shown; of more, the rows that have changed
const TABLE_ROWS_MAX = 24;

class PagingView {
    constructor(data) {
        this.guilty = data.outcome.guilty ?? {place: "nowhere"};
        this.facts = data.machine;
        legend("paging-legend", [
            ["entry mapped", "mapped"],
            ["entry dirty", "written to"],
            ["entry prepared", "prepared"],
            ["tlb", "in the TLB"],
            ["tlb stale", "stale"],
            ["entry mapped changed", "changed"],
        ]);
    }

    draw(view) {
        this.view = view;
        const {after, before} = view;
        const changed = new Set(
            (view.step?.words ?? [])
                .filter((change) => change.at >= this.facts.tables_at)
                .map((change) => change.at),
        );
        const pages = after.tables.reduce((sum, table) => sum + table.entries.length, 0);
        this.whole = pages <= TABLE_PAGES_ALL;
        this.rowsLeft = TABLE_ROWS_MAX;
        const slots = after.tables.map((table) => this.table(table, changed));
        const gone = (before?.tables ?? []).filter(
            (table) => !after.tables.some((other) => other.slot === table.slot),
        );
        if (gone.length > 0)
            slots.push(
                html(
                    "h4",
                    {class: "gone"},
                    `tables gone: slot ${gone.map((table) => table.slot).join(", ")}`,
                ),
            );
        const stale = after.stale.length;
        replace("paging", slots);
        byId("paging-summary").textContent =
            `${after.tables.length} slots, ${numberText(after.tlb.size)} translations in the TLB` +
            (stale ? `, ${stale} STALE` : "");
    }

    whose(slot) {
        const facts = this.facts;
        if (slot === facts.recursive_slot) return "the directory itself";
        if (slot === facts.kernel_slot) return "boot: the frame bitmap";
        if (slot === facts.device_slot) return "device window";
        return "heap";
    }

    table(table, changed) {
        const {after} = this.view;
        const at = this.facts.directory_at + 4 * table.slot;
        const first = unsigned(table.slot << 22);
        const heading = html(
            "h4",
            {class: changed.has(at) ? "changed" : undefined},
            html("code", {}, `slot ${table.slot}`),
            ` ${this.whose(table.slot)}, from `,
            html("code", {}, hex(first)),
            ": ",
            entryText(table.entry),
        );
        tip(heading, () => tableLines(after, table));
        const rows = this.rowsOf(table, changed);
        const mapped = table.entries.filter(([, entry]) => entry & ENTRY.present).length;
        if (table.slot !== this.facts.recursive_slot)
            heading.append(html("small", {}, ` ${mapped} of 1,024 pages mapped`));
        if (table.slot === this.facts.recursive_slot || rows.length === 0)
            return html("div", {class: "table"}, heading);
        return html("div", {class: "table"}, heading, this.grid(table, rows, changed));
    }

    // The rows of a table with anything in them; of large ones, those in which the operation has
    // changed something, or that are guilty.
    rowsOf(table, changed) {
        const rows = new Set();
        const add = (page) => {
            if (page >>> 10 === table.slot) rows.add(Math.floor((page & 1023) / TABLE_COLUMNS));
        };
        for (const at of changed) add((at - this.facts.tables_at) / 4);
        for (const change of this.view.step?.tlb ?? []) add(change.at);
        for (const page of this.view.after.stale) add(page);
        if (this.guilty.place === "page") add(this.guilty.at >>> 12);
        if (this.whole) {
            for (const [index] of table.entries) add((table.slot << 10) | index);
            for (const page of this.view.after.tlb.keys()) add(page);
        }
        const shown = [...rows].sort((a, b) => a - b).slice(0, Math.max(this.rowsLeft, 0));
        this.rowsLeft -= shown.length;
        return shown;
    }

    grid(table, rows, changed) {
        const {after} = this.view;
        const label = 62;
        const height = 15;
        const entries = new Map(table.entries);
        const body = [];
        rows.forEach((row, line) => {
            const y = line * height + 1;
            const page = (table.slot << 10) | (row * TABLE_COLUMNS);
            body.push(
                svg(
                    "text",
                    {x: label - 6, y: y + 9, class: "label", "text-anchor": "end"},
                    hex(page << 12),
                ),
            );
            for (let i = 0; i < TABLE_COLUMNS; i++)
                this.cell(body, after, entries, page + i, label + i * TABLE_CELL, y, changed);
        });
        const width = label + TABLE_COLUMNS * TABLE_CELL + 4;
        return svg(
            "svg",
            {
                width,
                height: rows.length * height + 4,
                viewBox: `0 0 ${width} ${rows.length * height + 4}`,
                role: "img",
                "aria-label": `Table in slot ${table.slot}`,
            },
            body,
        );
    }

    cell(body, state, entries, page, x, y, changed) {
        const entry = entries.get(page & 1023) ?? 0;
        const address = unsigned(page << 12);
        const held = state.tlb.get(page) ?? 0;
        let kind = "entry";
        if (entry & ENTRY.present) kind += entry & ENTRY.dirty ? " mapped dirty" : " mapped";
        else if (entry !== 0) kind += " prepared";
        if (changed.has(this.facts.tables_at + 4 * page)) kind += " changed";
        const guilty = this.guilty.place === "page" && this.guilty.at >>> 12 === page;
        const cell = svg(
            "g",
            {
                class: guilty ? `guilty${this.view.guilty ? "" : " dim"}` : undefined,
                "data-page": page,
            },
            rect(x + 0.5, y + 0.5, TABLE_CELL - 1, 8, kind),
            held
                ? rect(
                      x + 0.5,
                      y + 9.5,
                      TABLE_CELL - 1,
                      3,
                      state.stale.includes(page) ? "tlb stale" : "tlb",
                  )
                : null,
            guilty ? rect(x - 0.5, y - 0.5, TABLE_CELL + 1, 14, "guilty") : null,
        );
        body.push(tip(cell, () => pageLines(state, address)));
    }
}
