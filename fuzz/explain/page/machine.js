// The machine as the recording tells it: words by their virtual addresses (page tables and
// directory where the recursive window shows them), the slots' blocks, the TLB, and the frames that
// another user holds. A recording is a state and what each operation has changed; so every state
// between is reached by applying changes, or taking them back.
"use strict";

const unsigned = (number) => number >>> 0;

// A table of values by number, in which 0 is what is not told.
class Table {
    constructor() {
        this.values = new Map();
    }

    get(key) {
        return this.values.get(key) ?? 0;
    }

    set(key, value) {
        if (value === 0) this.values.delete(key);
        else this.values.set(key, value);
    }
}

// Words by address, a page at a time: as fast as the walks over all blocks need it.
class Words {
    constructor() {
        this.pages = new Map();
        this.number = -1;
        this.page = undefined;
    }

    find(at) {
        const number = at >>> 12;
        if (number === this.number) return this.page;
        this.number = number;
        this.page = this.pages.get(number);
        return this.page;
    }

    get(at) {
        const page = this.find(at);
        return page === undefined ? 0 : page[(at & 4095) >>> 2];
    }

    set(at, word) {
        if (this.find(at) === undefined)
            this.pages.set(at >>> 12, (this.page = new Uint32Array(1024)));
        this.page[(at & 4095) >>> 2] = word;
    }
}

class Machine {
    constructor(data) {
        this.facts = data.machine;
        this.words = new Words();
        this.tlb = new Table();
        this.held = new Table();
        this.slots = new Map(); // slot: {at, size}
        this.slotAt = new Map(); // payload: slot
        this.position = 0;
        this.pagingVersion = 0; // another after a change of tables, TLB, frames, or the heap's end
        this.load(data.base);
        this.steps = data.steps.map((step) => this.decode(step));
    }

    // Pairs of a distance from the place before and a value.
    static pairs(list, scale, value) {
        const changes = [];
        let at = 0;
        for (let i = 0; i < (list ?? []).length; i += 2) {
            at += list[i] * scale;
            changes.push({at, now: value(list[i + 1], at), was: 0});
        }
        return changes;
    }

    decode(step) {
        const raw = (word) => word;
        const tag = (word, at) => unsigned(word ^ this.facts.key ^ at);
        const byAddress = (a, b) => a.at - b.at;
        const slots = [];
        for (let i = 0; i < step.s.length; i += 3)
            slots.push({
                slot: step.s[i],
                now: {at: step.s[i + 1], size: step.s[i + 2]},
                was: undefined,
            });
        return {
            adjusted: [...Machine.pairs(step.pt, 4, tag), ...Machine.pairs(step.pw, 4, raw)],
            words: [...Machine.pairs(step.t, 4, tag), ...Machine.pairs(step.w, 4, raw)].sort(
                byAddress,
            ),
            tlb: Machine.pairs(step.b, 1, raw),
            held: step.h.map((frame) => ({at: frame, now: 1, was: 0})),
            slots,
            bulk: step.c ?? [],
        };
    }

    // The state that the recording begins with.
    load(base) {
        let at = 0;
        for (let i = 0; i < (base.pt ?? []).length; i += 2)
            this.words.set((at += 4 * base.pt[i]), base.pt[i + 1] ^ this.facts.key ^ at);
        at = 0;
        for (let i = 0; i < (base.pw ?? []).length; i += 2)
            this.words.set((at += 4 * base.pw[i]), base.pw[i + 1]);
        at = 0;
        for (let i = 0; i < base.b.length; i += 2) this.tlb.set((at += base.b[i]), base.b[i + 1]);
        for (const frame of base.h) this.held.set(frame, 1);
        for (let i = 0; i < base.s.length; i += 3)
            this.setSlot(base.s[i], {at: base.s[i + 1], size: base.s[i + 2]});
    }

    // True for words that say nothing of page tables and frames.
    inBlocks(at) {
        return (
            at >= this.facts.heap_at &&
            at < this.facts.tables_at &&
            at !== this.facts.heap_at + this.facts.end_field
        );
    }

    noteVersion(step) {
        const paging = (change) => !this.inBlocks(change.at);
        if (
            step.tlb.length ||
            step.held.length ||
            step.words.some(paging) ||
            step.adjusted.some(paging)
        )
            this.pagingVersion++;
    }

    static forwards(table, changes) {
        for (const change of changes) {
            change.was = table.get(change.at);
            table.set(change.at, change.now);
        }
    }

    static backwards(table, changes) {
        for (let i = changes.length; i > 0; i--) table.set(changes[i - 1].at, changes[i - 1].was);
    }

    setSlot(slot, block) {
        const old = this.slots.get(slot);
        if (old && this.slotAt.get(old.at) === slot) this.slotAt.delete(old.at);
        if (block === undefined || block.at === 0) {
            this.slots.delete(slot);
            return;
        }
        this.slots.set(slot, block);
        this.slotAt.set(block.at, slot);
    }

    // What others than the core have changed before the operation; then what the operation has.
    // Each change learns what it replaces, so that it can be taken back.
    prepare(step) {
        Machine.forwards(this.words, step.adjusted);
    }

    finish(step) {
        Machine.forwards(this.words, step.words);
        Machine.forwards(this.tlb, step.tlb);
        for (const change of step.held) {
            change.was = this.held.get(change.at);
            change.now = 1 - change.was;
            this.held.set(change.at, change.now);
        }
        for (const change of step.slots) {
            change.was = this.slots.get(change.slot);
            this.setSlot(change.slot, change.now);
        }
    }

    apply(step) {
        this.noteVersion(step);
        this.prepare(step);
        this.finish(step);
    }

    takeBack(step) {
        this.noteVersion(step);
        for (let i = step.slots.length; i > 0; i--)
            this.setSlot(step.slots[i - 1].slot, step.slots[i - 1].was);
        Machine.backwards(this.held, step.held);
        Machine.backwards(this.tlb, step.tlb);
        Machine.backwards(this.words, step.words);
        Machine.backwards(this.words, step.adjusted);
    }

    // Goes to the state behind the position-th operation shown, and calls look(false) on the way,
    // as it was just before that operation, and look(true) there.
    visit(position, look) {
        const target = Math.max(position - 1, 0);
        while (this.position > target) this.takeBack(this.steps[--this.position]);
        while (this.position < target) this.apply(this.steps[this.position++]);
        if (position === 0) return {before: undefined, after: look(this)};
        const step = this.steps[position - 1];
        this.noteVersion(step);
        this.prepare(step);
        const before = look(this);
        this.noteVersion(step);
        this.finish(step);
        this.position = position;
        return {before, after: look(this)};
    }

    word(at) {
        return this.words.get(unsigned(at));
    }

    // The tag at `at`, without its key and address.
    tag(at) {
        return unsigned(this.word(at) ^ this.facts.key ^ at);
    }

    // The table entry for an address; 0 if there is no table.
    entry(at) {
        const page = unsigned(at) >>> 12;
        const slot = page >>> 10;
        if ((this.word(this.facts.directory_at + 4 * slot) & 1) === 0) return 0;
        return this.word(this.facts.tables_at + 4 * page);
    }

    mapped(at) {
        return (this.entry(at) & 1) !== 0;
    }
}
