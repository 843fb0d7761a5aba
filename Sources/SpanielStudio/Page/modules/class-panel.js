// The chosen class on the right: its prompts, its threshold, and what can be learnt for it.

import { find, fit, learn } from "./actions.js";
import { editClass, newClass } from "./classes-list.js";
import { byId, el, show } from "./dom.js";
import { dot } from "./gallery.js";
import { PromptsPanel } from "./prompts-panel.js";
import { learnAsIGo } from "./learning.js";
import { chosenClass, loadRanking, on, setOption, store } from "./store.js";
import { ThresholdPanel } from "./threshold-panel.js";

let prompts;
let threshold;

export function startClassPanel() {
  prompts = new PromptsPanel();
  threshold = new ThresholdPanel();
  const head = el("div", { id: "class-head" });
  const deeds = el("div", { class: "deeds", id: "class-deeds" });
  byId("class-panel").append(head, prompts.element, threshold.element, deeds);
  on("project", draw);
  on("class", (id) => {
    draw();
    if (id) loadRanking(id).catch(() => {});
  });
  // The classes whose scores changed, or [] for all.
  on("scores", (ids) => {
    if (store.classId && (ids.length === 0 || ids.includes(store.classId))) askLater();
  });
  draw();
}

let timer = null;

function askLater() {
  if (timer) return;
  timer = setTimeout(() => {
    timer = null;
    if (!threshold.isMoving && !prompts.isTrying) loadRanking(store.classId).catch(() => {});
  }, 400);
}

function draw() {
  const each = chosenClass();
  for (const part of [prompts.element, threshold.element, byId("class-deeds")]) part.hidden = !each;
  if (!each) {
    show(byId("class-head"), el("div", { class: "welcome" },
      el("h2", {}, "From one example to the whole folder"),
      el("ol", {},
        el("li", {}, "Make a class, and type words for it; or draw one box in a picture and use it as an example."),
        el("li", {}, "Every picture is ranked by it at once. Set the threshold over the histogram."),
        el("li", {}, "Review the crops with Enter and X, or whole sheets on the light table."),
        el("li", {}, "Export.")),
      el("button", { class: "main", onclick: newClass }, "New class")));
    return;
  }
  show(byId("class-head"), el("div", { class: "class-title" }, dot(each.color), el("h2", {}, each.name),
    el("button", { class: "quiet", onclick: () => editClass(each), title: "Rename, merge, colour, key (Ctrl+E)" }, "Edit")));
  prompts.draw(each);
  threshold.draw(each);
  drawDeeds(each);
}

function drawDeeds(each) {
  const models = store.project.models ?? {};
  const searching = store.project.jobs?.some((job) => job.state === "running");
  const examples = each.prompts.some((prompt) => prompt.kind === "example" && !prompt.negative && prompt.enabled);
  const deed = (label, run, able, title) => el("button", { onclick: () => run(each), disabled: !able, title }, label);
  show(byId("class-deeds"),
    deed("Fit", fit, each.mayFit, each.mayFit ? "The threshold that tells accepted from rejected best" : "Needs 3 accepted and 1 rejected"),
    deed("Learn", learn, each.mayLearn, each.mayLearn ? "Learn a classifier from the decisions; used if it is better on what was held out" : "Needs 10 accepted and 5 others"),
    models.find && deed("Find masks", find, examples && !searching, examples ? "Search the folder with PerSAM: slow, but with masks" : "Needs an example"),
    el("label", { class: "check", title: "After each sheet and every ten decisions, what was decided is learnt and the thresholds are fitted" },
      el("input", { type: "checkbox", id: "learns", checked: store.options.learns, onchange: (event) => { setOption("learns", event.target.checked); learnAsIGo(); } }), "Learn as I go, thresholds too"),
    each.learned && el("p", { class: "dim" },
      `Learnt from ${each.learned.accepted} accepted and ${each.learned.others} others: held-out quality ${Math.round(each.learned.before * 100)} → ${Math.round(each.learned.after * 100)} %${each.learned.used ? "" : ", not used"}.`));
}

export const classPanel = {
  focusWords: () => prompts.focus(),
  nudge: (step) => threshold.nudge(step),
};
