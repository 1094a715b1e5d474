// Numbers and times as people read them, and axes.
"use strict";

const whole = (number) => Math.round(number).toLocaleString("en");

// A few digits, for axes.
function short(number) {
    const size = Math.abs(number);
    for (const [unit, name] of [
        [1e9, "G"],
        [1e6, "M"],
        [1e4, "k"],
    ])
        if (size >= unit) {
            const scale = name === "k" ? 1e3 : unit;
            return `${Number((number / scale).toPrecision(4))} ${name}`;
        }
    return size >= 1000 ? whole(number) : String(Number(number.toPrecision(3)));
}

function durationText(seconds) {
    if (seconds > 0 && seconds < 0.05) return "< 0.1 s";
    if (seconds < 120) return `${Number(seconds.toFixed(1))} s`;
    if (seconds < 7200) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
    return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

// Steps of 1, 2 and 5, none smaller than `unit', that cut a stretch into about so many parts.
function marks(least, greatest, parts, unit) {
    const rough = Math.max((greatest - least) / parts, unit);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) * power;
    const all = [];
    for (let i = Math.ceil(least / step - 1e-9); i * step <= greatest + step * 1e-9; i++)
        all.push(i * step);
    return all;
}

// Powers of ten, and their double and fivefold where they are few, for an axis of logarithms.
function powers(least, greatest) {
    const factors = greatest / least < 1000 ? [1, 2, 5] : [1];
    const all = [];
    for (let i = Math.floor(Math.log10(least)); 10 ** i <= greatest; i++)
        all.push(...factors.map((factor) => Number((factor * 10 ** i).toPrecision(3))));
    return all.filter((mark) => mark >= least * 0.999 && mark <= greatest * 1.001);
}

// Whole minutes or hours where a time axis is long.
function timeMarks(least, greatest, parts) {
    const unit = greatest >= 7200 ? 3600 : greatest >= 120 ? 60 : 1;
    return marks(least / unit, greatest / unit, parts, 0).map((mark) => mark * unit);
}

function timeMark(seconds, greatest) {
    const [unit, name] = greatest >= 7200 ? [3600, "h"] : greatest >= 120 ? [60, "min"] : [1, "s"];
    return `${Number((seconds / unit).toFixed(2))} ${name}`;
}

// From a value to a place, and the marks between. Where all values are the same, around them.
function axisOf(values, from, to, {parts, logarithmic, zero, unit = 0, time}) {
    let least = Math.min(...values);
    let greatest = Math.max(...values);
    if (zero) least = Math.min(0, least);
    if (least === greatest) {
        least -= Math.max(1, Math.abs(least) * 0.01);
        greatest += Math.max(1, Math.abs(greatest) * 0.01);
    }
    const turn = logarithmic ? Math.log10 : (value) => value;
    const share = (value) => (turn(value) - turn(least)) / (turn(greatest) - turn(least));
    return {
        at: (value) => from + (to - from) * share(value),
        marks: logarithmic
            ? powers(least, greatest)
            : time
              ? timeMarks(least, greatest, parts)
              : marks(least, greatest, parts, unit),
    };
}
