// The review: suggestions of the whole folder as crops, most doubtful first, one key each.

import { say } from "./announce.js";
import { changeClass, decide, undo } from "./actions.js";
import { address, boxInCrop, crop, get } from "./api.js";
import { byId, el, icon, show } from "./dom.js";
import { hint } from "./gallery.js";
import { chosenClass, classOf, colourOf, emit, nameOf, on, setOption, store } from "./store.js";
import { learnAsIGo } from "./learning.js";
import { VirtualGrid } from "./virtual-grid.js";

const choice = { which: "class", order: "doubt", below: false };
const AT_ONCE = 2000;
let grid;
let list = []; // suggestions, each with `decision` once it is made here
let total = 0;
let asked = 0;
let made = 0; // decisions since something was learnt from them

export function startReview() {
  const view = byId("view-review");
  const scroller = el("div", { id: "review" });
  const choose = (name, label, options) => el("label", {}, label, el("select", { id: `review-${name}`, onchange: (event) => { choice[name] = event.target.value; load(); } },
    options.map(([value, text]) => el("option", { value }, text))));
  view.append(
    el("div", { class: "toolbar" },
      choose("which", "Of", [["class", "the chosen class"], ["all", "all classes"]]),
      choose("order", "Order", [["doubt", "most doubtful first"], ["score", "best first"], ["picture", "by picture"]]),
      el("label", {}, el("input", { type: "checkbox", id: "review-below", onchange: (event) => { choice.below = event.target.checked; load(); } }), "also a little below"),
      el("label", { title: "An accepted box gets SAM's outline" }, el("input", { type: "checkbox", class: "masks-option", onchange: (event) => setOption("masks", event.target.checked) }), "masks"),
      el("span", { class: "spacer" }),
      el("span", { id: "review-count", class: "dim number" })),
    scroller,
    el("div", { class: "hints" },
      hint("Enter W", "accept"), hint("X S", "reject"), hint("Shift+Enter", "it and all better"), hint("Shift+X", "it and all worse"),
      hint("1–9", "as a class"), hint("U", "as example"), hint("O", "open")));
  grid = new VirtualGrid(scroller, {
    width: 142, height: 164, label: "Suggestions to decide", fill,
    open: (index) => list[index] && emit("open", { picture: list[index].picture, box: list[index].box }),
    moved: speak,
  });
  on("class", () => store.view === "review" && load());
  on("scores", () => store.view === "review" && loadLater());
  on("moved", () => store.view === "review" && load(true));
}

let timer = null;

// New scores come while the person decides: the list is asked for again only before the first decision in it.
function loadLater() {
  if (list.some((each) => each.decision)) {
    byId("review-count").title = "Newer scores are known: press V to sort again.";
    return;
  }
  clearTimeout(timer);
  timer = setTimeout(() => load(true), 300);
}

async function load(keepPlace = false) {
  asked += 1;
  const mine = asked;
  const place = keepPlace ? grid.focused : 0;
  const classId = choice.which === "class" ? store.classId : null;
  if (choice.which === "class" && !classId) {
    list = [];
    total = 0;
    return redraw();
  }
  const answer = await get(address("/suggestions", {
    class: classId, order: choice.order, below: choice.below, limit: AT_ONCE,
  })).catch((problem) => {
    say(problem.message);
    return { total: 0, suggestions: [] };
  });
  if (mine !== asked) return;
  list = answer.suggestions;
  total = answer.total;
  grid.focused = Math.min(place, Math.max(0, list.length - 1));
  redraw();
}

function redraw() {
  if (grid.count === list.length) grid.refresh();
  else grid.setCount(list.length);
  grid.reveal(grid.focused);
  count();
  byId("review").querySelector(".empty")?.remove();
  if (list.length === 0) byId("review").append(emptyMessage());
  else speak(grid.focused);
}

function emptyMessage() {
  const each = chosenClass();
  const waiting = store.project?.progress?.encoded < store.project?.progress?.total;
  const why = !each ? "Make a class first (N), then give it words or draw an example."
    : each.prompts.length === 0 ? `Give ${each.name} words on the right, or draw a box and use it as an example (U).`
      : `${waiting ? "The folder is still being encoded. " : ""}Lower the threshold ([), or tick “also a little below”.`;
  return el("div", { class: "empty" }, el("h2", {}, "Nothing to decide"), el("p", {}, why));
}

function count() {
  const open = list.filter((each) => !each.decision).length;
  const more = total > list.length ? ` (${total - list.length} more follow)` : "";
  byId("review-count").textContent = `${open} open, ${list.length - open} decided${more}`;
}

function fill(cell, index) {
  const item = list[index];
  const picture = item && store.byId.get(item.picture);
  if (!picture) return;
  let frame = cell.firstElementChild;
  if (!frame) {
    frame = el("div", { class: "crop" });
    cell.append(frame, el("div", { class: "thumb-foot" }));
  }
  const source = crop(picture, item.box);
  if (frame.dataset.source !== source) {
    frame.dataset.source = source;
    const outline = el("i", { class: "crop-box" });
    const [x, y, width, height] = boxInCrop(item.box).map((share) => `${share * 100}%`);
    Object.assign(outline.style, { left: x, top: y, width, height });
    show(frame, el("img", { src: source, alt: "", decoding: "async", draggable: "false" }), outline, el("span", { class: "stamp" }));
  }
  frame.querySelector(".crop-box").style.borderColor = colourOf(item.as ?? item.class);
  cell.dataset.decision = item.decision ?? "";
  show(frame.querySelector(".stamp"), item.decision && icon(item.decision === "accept" ? "check" : "cross"));
  show(cell.lastElementChild,
    el("span", { class: "thumb-name" }, nameOf(item.as ?? item.class)),
    el("span", { class: "number dim" }, item.score.toFixed(2)));
  cell.setAttribute("aria-label", spoken(item));
}

function spoken(item) {
  const verdict = item.decision ? `, ${item.decision}ed` : "";
  return `${nameOf(item.as ?? item.class)}, score ${item.score.toFixed(2)}, in ${store.byId.get(item.picture)?.name}${verdict}`;
}

function speak(index) {
  if (list[index]) byId("live").textContent = spoken(list[index]);
}

// Decides what is chosen and goes on to the next open one at once; the server's refusal takes the mark away again.
async function one(verdict, { as = null, example = false } = {}) {
  const items = chosen().filter((each) => !each.decision);
  if (items.length === 0) {
    if (list.length > 0) say("Decided already; Ctrl+Z takes decisions back.");
    return next();
  }
  mark(items, verdict, as);
  next();
  const answer = await decide(items.map(({ id }) => ({ suggestion: id, verdict, ...(as ? { class: as } : {}) })), { example });
  finish(items, answer);
}

// What is chosen: one, or all between two by Shift and a click or an arrow.
function chosen() {
  const [first, last] = grid.range ?? [grid.focused, grid.focused];
  return list.slice(first, last + 1);
}

function mark(items, decision, as = null) {
  for (const item of items) Object.assign(item, { decision, as });
  for (const item of items) grid.refreshIndex(list.indexOf(item));
  count();
}

function finish(items, answer) {
  if (!answer) return mark(items, undefined);
  const decided = new Set(answer.decided);
  const alike = list.filter((each) => !each.decision && decided.has(each.id));
  if (alike.length > 0) {
    mark(alike, items[0].decision);
    say(`${alike.length} more in near-duplicate pictures decided alike.`);
  }
  made += items.length;
  if (made >= 10) {
    made = 0;
    learnAsIGo();
  }
  if (list.every((each) => each.decision) && total > list.length) load();
}

function next() {
  let index = (grid.range?.[1] ?? grid.focused) + 1;
  while (index < list.length && list[index].decision) index += 1;
  if (index < list.length) grid.focus(index);
  else if (grid.focused < list.length - 1) grid.focus(list.length - 1);
  else grid.refreshIndex(grid.focused);
}

// This one and every open one of its class that is better (accept) or worse (reject).
async function many(verdict) {
  const item = list[grid.focused];
  if (!item) return;
  const side = verdict === "accept" ? (each) => each.score >= item.score : (each) => each.score <= item.score;
  const items = list.filter((each) => !each.decision && each.class === item.class && side(each));
  if (items.length === 0) return;
  mark(items, verdict);
  next();
  const answer = await decide(items.map(({ id }) => ({ suggestion: id, verdict })));
  finish(items, answer);
  if (answer) say(`${items.length} ${nameOf(item.class)} ${verdict}ed.`, { undo });
}

export const review = {
  enter: () => {
    grid.layOut();
    load();
    byId("review").focus({ preventScroll: true });
  },
  move: (key, extend) => grid.move(key, extend),
  accept: () => one("accept"),
  reject: () => one("reject"),
  acceptAs: (each) => one("accept", { as: each.id === list[grid.focused]?.class ? null : each.id }),
  acceptBetter: () => many("accept"),
  rejectWorse: () => many("reject"),
  example: (negative) => one(negative ? "reject" : "accept", { example: true }),
  openFocused: () => grid.open(grid.focused),
  // The class's threshold goes just below this crop's score.
  async thresholdHere() {
    const item = list[grid.focused];
    const each = item && classOf(item.class);
    if (!each) return;
    const answer = await changeClass(each, { threshold: Math.max(0, Math.floor(item.score * 1000 - 1) / 1000) });
    if (!answer) return;
    say(`The threshold of ${each.name} is now ${answer.class.threshold.toFixed(2)}, just below this one.`, { undo });
    emit("scores", [each.id]);
    load(true);
  },
  resort: () => load(),
  focused: () => list[grid.focused] ?? null,
  classOfFocused: () => classOf(list[grid.focused]?.class),
};
