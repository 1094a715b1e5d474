// The blocks of a state, sound or not: from the first one on by their headers; where a header is
// not legal, backwards from the end by footers. What neither way reaches is a stretch that cannot
// be read.
"use strict";

function blockRead(machine, at, tag) {
    const size = tagSize(tag);
    const used = (tag & TAG.used) !== 0;
    const slot = machine.slotAt.get(at + 4);
    return {
        at,
        size,
        tag,
        used,
        sparse: (tag & TAG.sparse) !== 0,
        header: machine.word(at),
        footer: machine.word(at + size - 4),
        footerTag: machine.tag(at + size - 4),
        next: used ? 0 : machine.word(at + 4),
        prev: used ? 0 : machine.word(at + 8),
        slot: used ? slot : undefined,
        asked: used && slot !== undefined ? machine.slots.get(slot).size : undefined,
    };
}

function walkForwards(machine, first, epilogue, blocks) {
    let at = first;
    while (at < epilogue && machine.mapped(at)) {
        const tag = machine.tag(at);
        if (!tagLegal(machine, tag, epilogue - at)) break;
        blocks.push(blockRead(machine, at, tag));
        at += tagSize(tag);
    }
    return at;
}

function walkBackwards(machine, stopped, epilogue) {
    const blocks = [];
    let at = epilogue;
    while (at > stopped && machine.mapped(at - 4)) {
        const tag = machine.tag(at - 4);
        const size = tagSize(tag);
        if (!tagLegal(machine, tag, at - stopped) || machine.tag(at - size) !== tag) break;
        at -= size;
        blocks.unshift(blockRead(machine, at, tag));
    }
    return {at, blocks};
}

// {start, end, first, blocks, unreadable}: unreadable is null or {at, size}.
function heapOf(machine) {
    const facts = machine.facts;
    const start = facts.heap_at;
    let end = machine.word(start + facts.end_field);
    if (end % facts.page_size !== 0 || end <= start || end > facts.heap_limit) end = start;
    const heap = {
        start,
        end,
        first: start + facts.control_size + 4,
        blocks: [],
        unreadable: null,
        last: null,
    };
    if (end === start) return heap;
    const epilogue = end - 4;
    const stopped = walkForwards(machine, heap.first, epilogue, heap.blocks);
    if (stopped < epilogue) {
        const back = walkBackwards(machine, stopped, epilogue);
        heap.unreadable = {at: stopped, size: back.at - stopped};
        heap.blocks.push(...back.blocks);
    }
    heap.last = heap.blocks[heap.blocks.length - 1] ?? null;
    return heap;
}

// The block that an address lies in, by halving.
function blockAt(heap, at) {
    let low = 0;
    let high = heap.blocks.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (heap.blocks[middle].at <= at) low = middle + 1;
        else high = middle;
    }
    const block = heap.blocks[low - 1];
    return block && at < block.at + block.size ? block : undefined;
}

// The blocks from the first that reaches beyond `from` to the last that begins before `to`.
function blocksBetween(heap, from, to) {
    let low = 0;
    let high = heap.blocks.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (heap.blocks[middle].at + heap.blocks[middle].size <= from) low = middle + 1;
        else high = middle;
    }
    const found = [];
    for (let i = low; i < heap.blocks.length && heap.blocks[i].at < to; i++)
        found.push(heap.blocks[i]);
    return found;
}

function heapSums(heap) {
    const sums = {used: 0, usedBytes: 0, free: 0, freeBytes: 0, largestFree: 0};
    for (const block of heap.blocks) {
        if (block.used) {
            sums.used++;
            sums.usedBytes += block.size;
        } else {
            sums.free++;
            sums.freeBytes += block.size;
            sums.largestFree = Math.max(sums.largestFree, block.size);
        }
    }
    return sums;
}

const blockKey = (block) =>
    [block.at, block.tag, block.footerTag, block.used ? "" : block.next, block.prev].join(":");

// True if a state has the same block.
function isKnown(state, block) {
    const other = blockAt(state.heap, block.at);
    return other !== undefined && blockKey(other) === blockKey(block);
}

function pagesOf(from, to) {
    const pages = [];
    for (let page = from - (from % 4096); page < to; page += 4096) pages.push(page);
    return pages;
}

function blockLabel(block, width) {
    const size = block.size.toLocaleString("en");
    const slot = block.slot === undefined ? "" : `s${block.slot}`;
    const payload = (block.asked ?? block.size - 8).toLocaleString("en");
    const choices = block.used
        ? [slot ? `${slot} · ${payload}` : `used ${payload}`, slot || payload]
        : [`free ${size}`, size];
    return choices.find((text) => text && text.length * 6.4 + 8 < width) ?? "";
}

function heapSummary(state) {
    const sums = heapSums(state.heap);
    const pages = (state.heap.end - state.heap.start) / 4096;
    return (
        `${numberText(sums.used)} used (${sizeText(sums.usedBytes)}), ` +
        `${numberText(sums.free)} free (${sizeText(sums.freeBytes)}), ` +
        `${numberText(state.mappedPages.size)} of ${plural(pages, "page")} mapped`
    );
}
