// The words that the operation has changed: where, what they are, before and after.
"use strict";

const WORDS_MAX = 120;

class WordsView {
    constructor(data) {
        this.guilty = data.outcome.guilty ?? {place: "nowhere", word: 0};
    }

    draw(view) {
        const {step, before, after} = view;
        const changes = step?.words ?? [];
        const rows = changes.slice(0, WORDS_MAX).map((change) => this.row(change, before, after));
        if (changes.length > WORDS_MAX)
            rows.push(
                html(
                    "tr",
                    {},
                    html(
                        "td",
                        {colspan: 3, class: "note"},
                        `and ${(changes.length - WORDS_MAX).toLocaleString("en")} more`,
                    ),
                ),
            );
        for (let i = 0; i < (step?.bulk.length ?? 0); i += 2)
            rows.push(
                html(
                    "tr",
                    {},
                    html("td", {}, html("code", {}, hex(step.bulk[i]))),
                    html(
                        "td",
                        {colspan: 2, class: "note"},
                        `${bytes(step.bulk[i + 1])} filled or copied`,
                    ),
                ),
            );
        byId("words-summary").textContent = step ? plural(changes.length, "word") : "";
        replace(
            "words",
            rows.length
                ? rows
                : html(
                      "tr",
                      {},
                      html(
                          "td",
                          {class: "note", colspan: 3},
                          step
                              ? "None: the core has changed nothing."
                              : "This is where the picture begins.",
                      ),
                  ),
        );
    }

    row(change, before, after) {
        const machine = after.machine;
        const now = placeOf(after, change.at);
        const was = before ? placeOf(before, change.at) : now;
        const place = now.kind === "word" && was.kind !== "word" ? was : now;
        const kind = now.kind === "word" ? was.kind : now.kind;
        const old = wordText(machine, was.kind === "word" ? kind : was.kind, change.at, change.was);
        const fresh = wordText(machine, kind, change.at, change.now);
        const guilty = change.at === this.guilty.word && this.guilty.place !== "nowhere";
        const row = html(
            "tr",
            {class: guilty ? "guilty" : undefined},
            html("td", {}, html("code", {}, hex(change.at)), html("small", {}, place.text)),
            html("td", {}, html("code", {}, hex(change.was)), html("small", {}, old)),
            html("td", {}, html("code", {}, hex(change.now)), html("small", {}, fresh)),
        );
        const tag =
            kind === "tag" || (kind === "word" && looksLikeTag(machine, change.at, change.now));
        return tip(row, () => [
            `${place.text}`,
            ...(tag
                ? [
                      "before",
                      ...tagLines(machine.facts.key, change.at, change.was),
                      "after",
                      ...tagLines(machine.facts.key, change.at, change.now),
                  ]
                : [
                      ["before", `${hex(change.was)}  ${old}`],
                      ["after", `${hex(change.now)}  ${fresh}`],
                  ]),
        ]);
    }
}
