// The light table: a screenful of pictures at a time, with their suggestions. Draw what is missing, click what is wrong
// away, and one key accepts the rest, marks the pictures reviewed and lays out the next.

import { say } from "./announce.js";
import { addAnnotation, change, changeAnnotation, decide, deleteAnnotation, useAsExample } from "./actions.js";
import { post } from "./api.js";
import { classForNew } from "./class-for-new.js";
import { byId, el, show } from "./dom.js";
import { filter, filtered } from "./filters.js";
import { hint } from "./gallery.js";
import { clamp } from "./geometry.js";
import { counted } from "./words.js";
import { learnAsIGo } from "./learning.js";
import { LightTableCell } from "./light-table-cell.js";
import { correctedBy } from "./rivals.js";
import { chooseClass, loadPicture, on, setOption, store } from "./store.js";

const FOOT = 26; // pixels below each picture
const GAP = 6;
let columns = 3;
let rows = 1; // as many as fit
let ids = []; // all pictures of this sitting, in order
let first = 0; // the page's first
let cells = [];
let last = null; // what was drawn or chosen last: { kind, id, pictureId }
let hovered = null; // what the pointer moved onto since then
let loadedFrom = "";

const perPage = () => columns * rows;
const pageIds = () => ids.slice(first, first + perPage());

export function startLightTable() {
  const view = byId("view-table");
  view.append(
    el("div", { class: "toolbar" },
      el("span", { id: "table-count", class: "number dim" }),
      el("span", { class: "spacer" }),
      el("label", { title: "A drawn box shrinks to what SAM sees in it" }, el("input", { type: "checkbox", class: "snap-option", onchange: (event) => setOption("snap", event.target.checked) }), "tighten"),
      el("label", { title: "Every box you draw becomes an example of its class" }, el("input", { type: "checkbox", class: "examples-option", onchange: (event) => setOption("examples", event.target.checked) }), "examples"),
      el("button", { class: "quiet", "aria-label": "Fewer, larger pictures", title: "Fewer, larger (+)", onclick: () => resize(-1) }, "−"),
      el("span", { id: "table-size", class: "dim number" }),
      el("button", { class: "quiet", "aria-label": "More, smaller pictures", title: "More, smaller (-)", onclick: () => resize(1) }, "+"),
      el("button", { class: "main", id: "table-accept", onclick: () => acceptPage() }, "Accept all and go on")),
    el("div", { id: "table", role: "group", "aria-label": "Pictures on the light table", tabindex: "0" }),
    el("div", { class: "hints" },
      hint("Enter", "accept all shown, go on"), hint("click", "reject one"), hint("drag", "draw or correct"), hint("1–9", "its class"),
      hint("Del", "delete"), hint("A D", "page"), hint("U", "use as example")));
  on("picture", (id) => cells.find((cell) => cell.id === id)?.redraw());
  on("project", () => store.view === "table" && cells.forEach((cell) => cell.redraw()));
  on("filter", () => store.view === "table" && enterLightTable(true));
  on("scores", () => store.view === "table" && reloadPage());
}

export function enterLightTable(anew = false) {
  const list = filtered().filter((picture) => picture.state !== "failed" && picture.state !== "missing");
  // By default only what is not reviewed yet is laid out; pictures that get reviewed stay where they are until the next sitting.
  const sitting = filter.show === "all" ? list.filter((picture) => !picture.reviewed) : list;
  const from = JSON.stringify(filter);
  if (anew || from !== loadedFrom || !pageIds().some((id) => store.byId.has(id) && !store.byId.get(id).reviewed)) {
    ids = sitting.map((picture) => picture.id);
    first = 0;
    loadedFrom = from;
  }
  layOut();
  byId("table").focus({ preventScroll: true });
}

function resize(step) {
  const before = columns;
  columns = clamp(columns + step, 1, 6);
  if (columns !== before) layOut();
}

// As many rows as fit when the cells have the shape of the sitting's middle picture.
function rowsThatFit(table) {
  const shapes = ids.map((id) => store.byId.get(id)).filter((picture) => picture?.width)
    .map((picture) => picture.width / picture.height).sort((a, b) => a - b);
  const shape = shapes[Math.floor(shapes.length / 2)] ?? 4 / 3;
  const width = (table.clientWidth - GAP * (columns + 1)) / columns;
  return Math.max(1, Math.round((table.clientHeight - GAP) / (width / shape + FOOT + GAP) - 0.2));
}

function layOut() {
  const table = byId("table");
  rows = rowsThatFit(table);
  table.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  table.style.gridTemplateRows = `repeat(${rows}, minmax(0, 1fr))`;
  byId("table-size").textContent = `${columns} × ${rows}`;
  last = null;
  cells = pageIds().map((id) => new LightTableCell(id, handlers));
  show(table, cells.map((cell) => cell.element));
  if (cells.length === 0) {
    show(table, el("div", { class: "empty" }, el("h2", {}, store.pictures.length > 0 ? "Everything here is reviewed" : "No pictures"),
      el("p", {}, "Choose another filter on the left to see more, or Export.")));
  }
  byId("table-accept").disabled = cells.length === 0;
  count();
  reloadPage();
  if (pageIds().length > 0) post("/priority", { pictures: ids.slice(first, first + 3 * perPage()).slice(0, 500) }).catch(() => {});
}

function count() {
  const pages = Math.max(1, Math.ceil(ids.length / perPage()));
  byId("table-count").textContent = `Sheet ${Math.min(pages, Math.floor(first / perPage()) + 1)} of ${pages} · ${counted(ids.length, "picture")}`;
}

function reloadPage() {
  for (const cell of cells) cell.load();
}

export function turnPage(step) {
  const next = first + step * perPage();
  if (next < 0 || next >= ids.length) {
    say(step > 0 ? "That was the last sheet." : "This is the first sheet.");
    return;
  }
  first = next;
  layOut();
}

export async function acceptPage() {
  const loaded = cells.filter((cell) => cell.picture);
  if (loaded.length === 0) return;
  const decisions = loaded.flatMap((cell) => cell.verdicts());
  const reviewed = loaded.map((cell) => cell.id);
  byId("table-accept").disabled = true;
  const ifGone = () => {
    say("The suggestions have changed meanwhile: look once more, then Enter.");
    reloadPage();
    return null;
  };
  const answer = await decide(decisions, { reviewed, ifGone });
  byId("table-accept").disabled = false;
  if (!answer) return;
  const accepted = decisions.filter((each) => each.verdict === "accept").length;
  learnAsIGo(); // in the background: the next sheet is drawn anew when it is done
  say(`${accepted} accepted, ${decisions.length - accepted} rejected, ${counted(reviewed.length, "picture")} reviewed.`);
  if (first + perPage() < ids.length) turnPage(1);
  else enterLightTable(true);
}

const handlers = {
  selected: (pictureId, kind, id) => {
    last = pictureId ? { pictureId, kind, id } : null;
    hovered = null;
    for (const cell of cells) cell.select(cell.id === pictureId ? last : null);
  },
  hovered: (pictureId, kind, id) => {
    hovered = id ? { pictureId, kind, id } : null;
  },
  // A dragged box becomes an object at once; its class is the model's guess until a number key says another.
  async drawn(pictureId, box) {
    const corrected = correctedBy(store.details.get(pictureId) ?? { open: [] }, box);
    if (corrected) return correct(pictureId, corrected, box);
    const classId = await classForNew(pictureId, box);
    if (!classId) return;
    const shape = store.options.snap ? await tightened(pictureId, { box }) : { box };
    await add(pictureId, classId, shape);
  },
  // A click on nothing: SAM says what is there.
  async clicked(pictureId, [x, y]) {
    const shape = await tightened(pictureId, { points: [{ x, y, positive: true }] });
    if (!shape) return;
    const classId = await classForNew(pictureId, shape.box ?? null);
    if (classId) await add(pictureId, classId, shape);
  },
};

async function add(pictureId, classId, shape) {
  const answer = await addAnnotation(pictureId, classId, shape);
  if (!answer) return;
  if (!answer.picture) await loadPicture(pictureId);
  if (answer.annotation) handlers.selected(pictureId, "annotation", answer.annotation.id);
}

// Drawn over a suggestion: it is accepted with the new box, as the class that it has here.
async function correct(pictureId, suggestion, box) {
  const cell = cells.find((each) => each.id === pictureId);
  const shape = store.options.snap ? await tightened(pictureId, { box }) : { box };
  const classId = cell?.classes.get(suggestion.id) ?? suggestion.class;
  const ifGone = () => add(pictureId, classId, shape);
  const decision = { suggestion: suggestion.id, verdict: "accept", class: classId, shape };
  const answer = await decide([decision], { example: store.options.examples, ifGone });
  if (!answer) return;
  await loadPicture(pictureId);
  const made = answer.annotations?.find((each) => each.picture === pictureId);
  if (made) handlers.selected(pictureId, "annotation", made.id);
}

async function tightened(pictureId, prompt) {
  try {
    const { shape, box } = await post(`/pictures/${pictureId}/mask`, prompt);
    if (!shape) {
      say("The model sees no object there.");
      return prompt.box ? { box: prompt.box } : null;
    }
    return store.options.masks ? shape : { box };
  } catch (problem) {
    say(problem.message);
    return prompt.box ? { box: prompt.box } : null;
  }
}

// What keys act on: what the pointer was moved onto, else what was drawn or chosen last.
function target() {
  for (const choice of [hovered, last]) {
    const picture = store.details.get(choice?.pictureId);
    const list = choice?.kind === "annotation" ? picture?.objects : picture?.open;
    const object = list?.find((each) => each.id === choice.id);
    if (object) return { ...choice, object, cell: cells.find((cell) => cell.id === choice.pictureId) };
  }
  return null;
}

// What the keys do on the light table.
export const lightTable = {
  // A number key: the class of what is pointed at or was drawn last; with neither, of what is drawn next.
  async setClass(each) {
    const chosen = target();
    if (!chosen) return chooseClass(each.id);
    if (chosen.kind === "suggestion") return chosen.cell?.setClassOf(chosen.id, each.id);
    const answer = await changeAnnotation(chosen.object, { classId: each.id });
    if (answer && !answer.picture) await loadPicture(chosen.pictureId);
  },
  async remove() {
    const chosen = target();
    if (!chosen) return say("Nothing is chosen: point at an object first.");
    if (chosen.kind === "suggestion") return chosen.cell?.toggle(chosen.id);
    const answer = await deleteAnnotation(chosen.object);
    if (answer && !answer.picture) await loadPicture(chosen.pictureId);
  },
  example(negative) {
    const chosen = target();
    if (!chosen) return say("Nothing is chosen: point at an object first.");
    if (chosen.kind === "annotation") return useAsExample(chosen.object, negative);
    return decide([{ suggestion: chosen.id, verdict: negative ? "reject" : "accept" }], { example: true });
  },
  openLast: () => target()?.pictureId ?? pageIds()[0] ?? null,
  unselect: () => handlers.selected(null, null, null),
  resize,
  page: () => pageIds(),
  settled: () => change(async () => null),
};
