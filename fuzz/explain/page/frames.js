// Page tables and frames of a state: which tables there are, who uses each frame.
"use strict";

const FRAME_KINDS = ["free", "heap", "table", "device", "held", "boot", "hole", "lost"];
const FRAME_TEXT = {
    free: "free",
    heap: "page of the heap",
    table: "page table",
    device: "page of the device window",
    held: "held by another user",
    boot: "boot's, or reserved",
    hole: "no memory there",
    lost: "taken, and in nobody's use",
};

// The tables that the directory names: {slot, entry, entries}, entries being [index, entry] of
// those that are not 0.
function tablesOf(machine) {
    const facts = machine.facts;
    const tables = [];
    for (let slot = 0; slot < 1024; slot++) {
        const entry = machine.word(facts.directory_at + 4 * slot);
        if (entry === 0) continue;
        const table = {slot, entry, entries: []};
        tables.push(table);
        if ((entry & ENTRY.present) === 0 || slot === facts.recursive_slot) continue;
        const at = facts.tables_at + slot * facts.page_size;
        for (let i = 0; i < 1024; i++) {
            const word = machine.word(at + 4 * i);
            if (word !== 0) table.entries.push([i, word]);
        }
    }
    return tables;
}

// Who uses which frame: frame number to {kind, at}.
function usersOf(machine, tables) {
    const facts = machine.facts;
    const users = new Map();
    users.set(facts.root, {kind: "table", at: facts.directory_at});
    for (const table of tables) {
        if (table.slot === facts.recursive_slot) continue;
        const boot = table.slot === facts.kernel_slot;
        const frame = table.entry >>> 12;
        if (table.entry & ENTRY.present)
            users.set(frame, {kind: "table", at: facts.tables_at + table.slot * 4096});
        for (const [index, entry] of table.entries) {
            const at = unsigned(((table.slot << 10) | index) << 12);
            const kind = boot ? "boot" : table.slot === facts.device_slot ? "device" : "heap";
            if (entry & ENTRY.present) users.set(entry >>> 12, {kind, at});
        }
    }
    return users;
}

// For each frame its kind, as an index of FRAME_KINDS.
function frameKinds(machine, users) {
    const facts = machine.facts;
    const parts = bitmapParts(machine);
    const kinds = new Uint8Array(facts.frame_count);
    for (let frame = 0; frame < facts.frame_count; frame++) {
        const word = 4 * (frame >>> 5);
        const bit = 1 << (frame & 31);
        const free = (machine.word(parts.free + word) & bit) !== 0;
        const managed = (machine.word(parts.managed + word) & bit) !== 0;
        let kind = "boot";
        if (free) kind = "free";
        else if (users.has(frame)) kind = users.get(frame).kind;
        else if (machine.held.get(frame)) kind = "held";
        else if (managed) kind = "lost";
        kinds[frame] = FRAME_KINDS.indexOf(kind);
    }
    return kinds;
}

// A translation in the TLB that the tables do not agree with.
function tlbStale(machine, page, entry) {
    const now = machine.entry(page << 12);
    return ((entry ^ now) & (0xfffff000 | ENTRY.present)) !== 0;
}

// The table entries that are not 0, by page number.
function entriesOf(tables) {
    const entries = new Map();
    for (const table of tables)
        for (const [index, entry] of table.entries) entries.set((table.slot << 10) | index, entry);
    return entries;
}

// The words of the control block that have names, in their order.
function fieldsOf(machine) {
    const {fields, heap_at: heap} = machine.facts;
    return fields.filter((_, i) => i % 2 === 0).map((offset) => machine.word(heap + offset));
}

// Tables, TLB and frames of a state. Most operations change nothing of them, so the last answer is
// kept.
const pagingOf = {version: -1, paging: null};

function pagingState(machine) {
    if (pagingOf.version === machine.pagingVersion) return pagingOf.paging;
    const tables = tablesOf(machine);
    const users = usersOf(machine, tables);
    pagingOf.version = machine.pagingVersion;
    pagingOf.paging = {
        tables,
        users,
        entries: entriesOf(tables),
        kinds: frameKinds(machine, users),
        tlb: new Map(machine.tlb.values),
        mappedPages: mappedPages(machine),
        stale: [...machine.tlb.values]
            .filter(([page, entry]) => tlbStale(machine, page, entry))
            .map(([page]) => page),
    };
    return pagingOf.paging;
}

// All that is drawn of a state, so that it can be looked at when the machine has moved on.
function stateOf(machine) {
    return {machine, heap: heapOf(machine), fields: fieldsOf(machine), ...pagingState(machine)};
}

// The pages of the heap's window that are mapped below its end.
function mappedPages(machine) {
    const pages = new Set();
    const heap = machine.facts.heap_at;
    const end = machine.word(heap + machine.facts.end_field);
    if (end <= heap || end > machine.facts.heap_limit) return pages;
    for (let page = heap; page < end; page += 4096) if (machine.mapped(page)) pages.add(page);
    return pages;
}
