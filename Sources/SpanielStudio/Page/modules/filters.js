// Which pictures are shown, and in which order: the same for the gallery, the light table, and A and D in the editor.

import { byId, el, show } from "./dom.js";
import { chosenClass, classes, emit, on, store } from "./store.js";

export const filter = { show: "all", withClass: "", least: 0, score: 0, order: "name", text: "" };

const kinds = [
  ["all", "All pictures"],
  ["open", "Not reviewed"],
  ["suggested", "With suggestions"],
  ["unlabelled", "Without boxes"],
  ["labelled", "With boxes"],
  ["reviewed", "Reviewed"],
  ["failed", "Failed"],
];

const tests = {
  all: () => true,
  open: (picture) => !picture.reviewed,
  suggested: (picture) => picture.suggestions > 0,
  unlabelled: (picture) => picture.annotations === 0,
  labelled: (picture) => picture.annotations > 0,
  reviewed: (picture) => picture.reviewed,
  failed: (picture) => picture.state === "failed" || picture.state === "missing",
};

// The pictures as filtered and ordered now.
export function filtered() {
  const text = filter.text.toLowerCase();
  const ranking = store.rankings.get(store.classId);
  const scores = ranking?.scores ?? new Map();
  const found = store.pictures.filter((picture) =>
    tests[filter.show](picture)
    && (!filter.withClass || (picture.colors ?? []).includes(filter.withClass))
    && picture.annotations >= filter.least
    && (filter.score === 0 || (scores.get(picture.id) ?? -1) >= filter.score)
    && (text === "" || picture.name.toLowerCase().includes(text)));
  if (filter.order === "name" || !ranking) return found;
  const key = filter.order === "score"
    ? (picture) => -(scores.get(picture.id) ?? -1)
    : (picture) => Math.abs((scores.get(picture.id) ?? 9) - ranking.threshold);
  return found
    .map((picture, place) => [key(picture), place, picture])
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .map((row) => row[2]);
}

export function scoreOf(picture) {
  return store.rankings.get(store.classId)?.scores.get(picture.id) ?? null;
}

export function setFilter(changes) {
  Object.assign(filter, changes);
  draw();
  emit("filter");
}

export function startFilters() {
  on("project", draw);
  on("class", draw);
  draw();
}

function select(label, value, options, changed) {
  return el("label", { class: "filter-row" }, el("span", {}, label),
    el("select", { onchange: (event) => changed(event.target.value) },
      options.map(([each, text]) => el("option", { value: each, selected: each === value }, text))));
}

let drawn = "";

function draw() {
  const name = chosenClass()?.name ?? "the class";
  const state = JSON.stringify([filter, name, classes().map((each) => [each.id, each.name])]);
  if (state === drawn) return;
  drawn = state;
  const count = (value, changed, attributes) => el("input", { type: "number", value, onchange: (event) => changed(Number(event.target.value)), ...attributes });
  show(byId("filters"),
    el("div", { class: "section-head" }, el("h2", {}, "Show"),
      isFiltered() && el("button", { class: "quiet", onclick: () => setFilter({ show: "all", withClass: "", least: 0, score: 0, text: "" }) }, "All")),
    select("Pictures", filter.show, kinds, (value) => setFilter({ show: value })),
    select("Class", filter.withClass, [["", "any"], ...classes().map((each) => [each.id, each.name])], (value) => setFilter({ withClass: value })),
    select("Order", filter.order, [["name", "by name"], ["score", `by score of ${name}`], ["doubt", `doubtful first (${name})`]], (value) => setFilter({ order: value })),
    el("label", { class: "filter-row" }, el("span", {}, "Boxes ≥"),
      count(filter.least, (value) => setFilter({ least: Math.max(0, value) }), { min: 0, max: 999, step: 1 })),
    el("label", { class: "filter-row" }, el("span", {}, "Score ≥"),
      count(filter.score, (value) => setFilter({ score: Math.min(1, Math.max(0, value)) }), { min: 0, max: 1, step: 0.05 })),
    el("label", { class: "filter-row" }, el("span", {}, "Name"),
      el("input", { type: "search", value: filter.text, placeholder: "contains …", onchange: (event) => setFilter({ text: event.target.value }) })));
}

function isFiltered() {
  return filter.show !== "all" || filter.withClass || filter.least > 0 || filter.score > 0 || filter.text !== "";
}
