// What the tips say of blocks, tags, pages, table entries and frames.
"use strict";

function tagLines(key, at, word) {
    const tag = unsigned(word ^ key ^ at);
    return [
        ["word", hex(word)],
        ["^ key", hex(key)],
        ["^ address", hex(at)],
        ["= tag", `${hex(tag)}  ${tagText(tag)}`],
    ];
}

function blockLines(state, block) {
    const key = state.machine.facts.key;
    const lines = [
        `${block.used ? "Used" : "Free"} block at ${hex(block.at)}, ${bytes(block.size)}`,
    ];
    if (block.used) lines.push(["payload", `${hex(block.at + 4)}, ${bytes(block.size - 8)}`]);
    if (block.slot !== undefined)
        lines.push(["slot", `${block.slot}, asked for ${bytes(block.asked)}`]);
    if (block.sparse) lines.push("sparse: pages in it may be unmapped");
    const footer = block.at + block.size - 4;
    const agree = block.footerTag === block.tag ? "" : "  ≠ header";
    lines.push([
        "header",
        `${hex(block.at)}: ${hex(block.header)} ^ ${hex(key)} ^ address = ${hex(block.tag)}`,
    ]);
    lines.push([
        "footer",
        `${hex(footer)}: ${hex(block.footer)} ^ ${hex(key)} ^ address = ` +
            `${hex(block.footerTag)}${agree}`,
    ]);
    if (!block.used && block === state.heap.last) lines.push("the last block: on no list");
    else if (!block.used)
        lines.push(
            ["next", wordText(state.machine, "link", 0, block.next)],
            ["prev", wordText(state.machine, "link", 0, block.prev)],
            [
                "list",
                state.machine.facts.policy === 0
                    ? `bin ${binOf(block.size)}`
                    : "the list, by address",
            ],
        );
    return lines;
}

function controlLines(state) {
    const facts = state.machine.facts;
    const lines = [];
    for (let i = 0; i < facts.fields.length; i += 2) {
        const word = state.fields[i / 2];
        if (word !== 0)
            lines.push([
                facts.fields[i + 1],
                word < 0x1000000 ? word.toLocaleString("en") : hex(word),
            ]);
    }
    return lines;
}

function pageLines(state, page) {
    const machine = state.machine;
    const at = machine.facts.tables_at + (page >>> 12) * 4;
    const entry = state.entries.get(page >>> 12) ?? 0;
    const held = state.tlb.get(page >>> 12) ?? 0;
    const stale = held !== 0 && state.stale.includes(page >>> 12);
    return [
        `Page ${hex(page)}`,
        ["entry", `${hex(at)}: ${hex(entry)}`],
        [
            "= ",
            entry & ENTRY.present
                ? entryText(entry)
                : entry === 0
                  ? "not mapped"
                  : `prepared: ${entryText(entry)}`,
        ],
        [
            "TLB",
            held === 0
                ? "holds nothing"
                : `${hex(held)}  ${entryText(held)}${stale ? "  STALE" : ""}`,
        ],
    ];
}

function tableLines(state, table) {
    const machine = state.machine;
    const first = unsigned(table.slot << 22);
    return [
        `Directory slot ${table.slot}: ${hex(first)} to ${hex(first + 0x3fffff)}`,
        ["entry", `${hex(machine.facts.directory_at + 4 * table.slot)}: ${hex(table.entry)}`],
        ["= ", entryText(table.entry)],
    ];
}

function frameLines(state, frame) {
    const kind = FRAME_KINDS[state.kinds[frame]];
    const user = state.users.get(frame);
    const parts = bitmapParts(state.machine);
    const at = parts.free + 4 * (frame >>> 5);
    const lines = [`Frame ${frame} (physical ${hex(frame * 4096)})`, FRAME_TEXT[kind]];
    if (user) lines.push(["mapped at", hex(user.at)]);
    lines.push(["bitmap", `bit ${frame & 31} of the word at ${hex(at)}`]);
    const led = [...state.tlb]
        .filter(([, entry]) => entry >>> 12 === frame)
        .map(([page]) => hex(unsigned(page << 12)));
    if (led.length) lines.push(["TLB", `leads here from ${led.slice(0, 3).join(", ")}`]);
    return lines;
}
