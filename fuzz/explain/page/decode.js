// Words in words: tags, table entries, fields of the control block, and what stands at an address.
"use strict";

const hex = (number, digits = 8) => unsigned(number).toString(16).padStart(digits, "0");

const TAG = {used: 1, sparse: 2, reserved: 4, flags: 7};
const NEVER_WRITTEN = 0xa5a5a5a5; // what the emulator's memory holds at first
const ENTRY = {
    present: 1,
    writable: 2,
    user: 4,
    accessed: 0x20,
    dirty: 0x40,
    size: 0x80,
    global: 0x100,
    software: 0xe00,
};

const numberText = (number) => number.toLocaleString("en");
const bytes = (count) => (count === 1 ? "1 byte" : `${count.toLocaleString("en")} bytes`);
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

const tagSize = (tag) => unsigned(tag & ~TAG.flags);

function tagText(tag) {
    if (tag === TAG.used) return "epilogue";
    if (tag === TAG.reserved) return "dead tag";
    const state = tag & TAG.used ? "used" : "free";
    const more =
        (tag & TAG.sparse ? ", sparse" : "") + (tag & TAG.reserved ? ", reserved bit set" : "");
    return `${state} ${bytes(tagSize(tag))}${more}`;
}

// The same for what stands where a tag should, and may be none.
function tagAtText(facts, at, tag) {
    if (unsigned(tag ^ facts.key ^ at) === NEVER_WRITTEN) return "no tag: never written";
    return tagSize(tag) > facts.heap_limit - facts.heap_at ? "no legal tag" : tagText(tag);
}

const tagLegal = (machine, tag, room) =>
    (tag & TAG.reserved) === 0 && tagSize(tag) >= machine.facts.block_min && tagSize(tag) <= room;

function entryText(entry) {
    if (entry === 0) return "none";
    const flags = [];
    for (const [name, letter] of [
        ["writable", "W"],
        ["user", "U"],
        ["accessed", "A"],
        ["dirty", "D"],
        ["size", "4M"],
        ["global", "G"],
    ])
        if (entry & ENTRY[name]) flags.push(letter);
    const held =
        entry & ENTRY.software ? ` software ${hex((entry & ENTRY.software) >>> 9, 1)}` : "";
    const present = entry & ENTRY.present ? "P" : "not present";
    return `frame ${entry >>> 12} ${[present, ...flags].join(" ")}${held}`;
}

// The bin for blocks of a size (heap/bins.h).
function binOf(size) {
    if (size < 256) return size >>> 3;
    const log2 = 31 - Math.clz32(size);
    return (log2 - 8) * 32 + (size >>> (log2 - 5));
}

function controlField(machine, offset) {
    const facts = machine.facts;
    for (let i = 0; i < facts.fields.length; i += 2)
        if (facts.fields[i] === offset) return facts.fields[i + 1];
    if (facts.policy === 1 && offset === facts.freelist) return "head of the list";
    if (facts.policy === 0 && offset === facts.freelist) return "bitmap of rows";
    if (facts.policy === 0 && offset >= facts.bins_heads && offset < facts.bins_end)
        return `head of bin ${(offset - facts.bins_heads) / 4}`;
    if (facts.policy === 0 && offset >= facts.bins_bitmaps && offset < facts.bins_heads)
        return `bitmap of bins, row ${(offset - facts.bins_bitmaps) / 4}`;
    return `word ${offset}`;
}

// Where the parts of the frame bitmap start.
function bitmapParts(machine) {
    const words = Math.ceil(machine.facts.frame_count / 32);
    const summary = machine.facts.frames_at + machine.facts.frames_bits;
    const free = summary + 4 * Math.ceil(words / 32);
    return {summary, free, managed: free + 4 * words, end: free + 8 * words};
}

function bitmapField(machine, at) {
    const parts = bitmapParts(machine);
    const names = ["frames covered", "managed frames", "free frames", "refused requests", "hint"];
    const first = 8 * (at - (at >= parts.managed ? parts.managed : parts.free));
    if (at >= parts.managed) return `managed, frames ${first} to ${first + 31}`;
    if (at >= parts.free) return `free, frames ${first} to ${first + 31}`;
    if (at >= parts.summary) return "summary";
    return names[(at - machine.facts.frames_at) / 4] ?? "not used";
}

// What a word is, as the state says: {kind, text}.
function placeOf(state, at) {
    const facts = state.machine.facts;
    if (at >= facts.directory_at)
        return {kind: "entry", text: `directory, slot ${(at - facts.directory_at) / 4}`};
    if (at >= facts.tables_at)
        return {kind: "entry", text: `entry of page ${hex((at - facts.tables_at) * 1024)}`};
    if (at >= facts.frames_at && at < bitmapParts(state.machine).end)
        return {kind: "bitmap", text: `frames: ${bitmapField(state.machine, at)}`};
    const offset = at - facts.heap_at;
    if (offset >= 0 && offset < facts.control_size)
        return {kind: "control", text: controlField(state.machine, offset)};
    if (offset === facts.control_size) return {kind: "tag", text: "prologue"};
    if (at === state.heap.end - 4) return {kind: "tag", text: "epilogue"};
    const block = blockAt(state.heap, at);
    if (!block)
        return {kind: "word", text: at < state.heap.end ? "in no block" : "beyond the heap"};
    if (at === block.at) return {kind: "tag", text: `header of ${hex(block.at)}`};
    if (at === block.at + block.size - 4) return {kind: "tag", text: `footer of ${hex(block.at)}`};
    if (block === state.heap.last)
        return {kind: "word", text: `in the last block, ${hex(block.at)}`};
    if (!block.used && at === block.at + 4)
        return {kind: "link", text: `next link of ${hex(block.at)}`};
    if (!block.used && at === block.at + 8)
        return {kind: "link", text: `prev link of ${hex(block.at)}`};
    return {
        kind: "word",
        text: `in ${block.used ? "the payload of" : "the free block"} ${hex(block.at)}`,
    };
}

// A word that may be a tag, though nothing says that it is one any more.
function looksLikeTag(machine, at, word) {
    const tag = unsigned(word ^ machine.facts.key ^ at);
    return tag < 0x1000000 && (tag === TAG.reserved || tagLegal(machine, tag, 0x1000000));
}

function wordText(machine, kind, at, word) {
    if (kind === "entry") return entryText(word);
    if (kind === "link") return word === 0 ? "null" : hex(word);
    if (word === NEVER_WRITTEN) return "never written";
    if (kind === "tag" || (kind === "word" && looksLikeTag(machine, at, word)))
        return tagAtText(machine.facts, at, unsigned(word ^ machine.facts.key ^ at));
    if (kind === "control" && word < 0x1000000) return word.toLocaleString("en");
    return "";
}
