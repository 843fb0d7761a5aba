// One picture in full: its objects and suggestions, the tools that draw, and the way to the next.

import { say } from "../announce.js";
import {
  acceptPicture, addAnnotation, change, changeAnnotation, decide, deleteAnnotation, setReviewed, useAsExample,
} from "../actions.js";
import { post } from "../api.js";
import { classForNew } from "../class-for-new.js";
import { byId, el, icon, show } from "../dom.js";
import { filtered } from "../filters.js";
import { brokenPicture, hint } from "../gallery.js";
import { chooseClass, emit, loadPicture, nameOf, on, setOption, store } from "../store.js";
import { counted } from "../words.js";
import { drawObjects } from "./objects-panel.js";
import { Stage } from "./stage.js";
import { BoxTool } from "./tool-box.js";
import { BrushTool } from "./tool-brush.js";
import { ClickTool } from "./tool-click.js";
import { PolygonTool } from "./tool-polygon.js";
import { SelectTool } from "./tool-select.js";

const tools = {};
let stage;
let pictureId = null;
let order = []; // ids, as filtered when the first of them was opened
let selection = null; // { kind: "annotation" | "suggestion", id }
let tool = null;
let hidden = false;
let copied = null;

// What tools may see and do.
const desk = {
  get picture() { return store.details.get(pictureId) ?? null; },
  get summary() { return store.byId.get(pictureId) ?? null; },
  get selected() { return selectedObject(); },
  get stage() { return stage; },
  select, redraw, saveShape, replaceShape,
  say: (text) => { byId("live").textContent = text; },
};

export function startEditor() {
  const view = byId("view-editor");
  Object.assign(tools, {
    select: new SelectTool(desk), box: new BoxTool(desk), click: new ClickTool(desk), brush: new BrushTool(desk), polygon: new PolygonTool(desk),
  });
  const button = (name, label, key) => el("button", {
    class: "quiet", "data-tool": name, "aria-pressed": "false", title: `${label} (${key})`, onclick: () => chooseTool(name),
  }, icon(name), el("span", { class: "tool-name" }, label));
  view.append(
    el("div", { class: "toolbar editor-bar" },
      button("select", "Edit", "E"), button("box", "Box", "R"), button("click", "Click", "C"), button("brush", "Brush", "B"), button("polygon", "Polygon", "P"),
      el("span", { class: "spacer" }),
      el("label", { title: "A drawn box shrinks to what SAM sees in it" }, el("input", { type: "checkbox", class: "snap-option", onchange: (event) => setOption("snap", event.target.checked) }), "tighten"),
      el("label", { title: "SAM's outline is kept with the box" }, el("input", { type: "checkbox", class: "masks-option", onchange: (event) => setOption("masks", event.target.checked) }), "masks"),
      el("label", { title: "Every box you draw becomes an example of its class" }, el("input", { type: "checkbox", class: "examples-option", onchange: (event) => setOption("examples", event.target.checked) }), "examples")),
    el("div", { id: "stage", tabindex: "0", role: "application", "aria-label": "The picture; draw with the pointer, J and K choose objects" }),
    el("div", { class: "hints", id: "editor-hints" }));
  byId("stage").append(el("div", { id: "editor-place", class: "number" }));
  stage = new Stage(byId("stage"), { drawn: draw, tool: () => tool });
  chooseTool("box");
  on("picture", (id) => id === pictureId && redraw());
  on("project", () => store.view === "editor" && redraw());
  on("scores", () => store.view === "editor" && loadPicture(pictureId).catch(() => {}));
  on("class", () => store.view === "editor" && redraw());
}

export function chooseTool(name) {
  tool?.cancel?.();
  tool = tools[name];
  for (const button of document.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === name));
  stage.element.style.cursor = tool.cursor;
  show(byId("editor-hints"), tool.hints.map(([key, text]) => hint(key, text)),
    hint("A D", "pictures"), hint("Enter", "accept, next"));
  if (name === "click") prepare();
  redraw();
}

function prepare() {
  if (pictureId && store.view === "editor") post(`/pictures/${pictureId}/prepare`).catch(() => {});
}

// Opens a picture; `box` is shown in large where one is named.
export async function openPicture(id, { box = null } = {}) {
  tool?.cancel?.();
  if (!order.includes(id)) order = filtered().map((picture) => picture.id);
  if (!order.includes(id)) order = store.pictures.map((picture) => picture.id);
  pictureId = id;
  selection = null;
  const summary = store.byId.get(id);
  const broken = summary.state === "failed" || summary.state === "missing";
  stage.show(broken ? null : summary, broken ? brokenPicture(summary) : null);
  if (box && !broken) stage.viewport.frame(box);
  redraw();
  post("/priority", { pictures: [id, ...neighbours(id)] }).catch(() => {});
  try {
    const picture = await loadPicture(id);
    if (pictureId !== id) return;
    if (!broken && (picture.width !== stage.viewport.picture.width || picture.height !== stage.viewport.picture.height)) stage.show(picture);
    if (tool === tools.click || store.options.snap || store.options.masks) prepare();
    stage.preload(neighbours(id).map((each) => store.byId.get(each)));
    byId("live").textContent = `${picture.name}: ${counted(picture.objects.length, "object")}, ${counted(picture.open.length, "suggestion")}`;
  } catch (problem) {
    say(problem.message);
  }
}

function neighbours(id) {
  const place = order.indexOf(id);
  return [order[place + 1], order[place - 1]].filter(Boolean);
}

export function forgetOrder() {
  order = [];
}

// The next or previous picture of the order, or the next that is not reviewed.
export function step(by, unreviewed = false) {
  let place = order.indexOf(pictureId) + by;
  while (unreviewed && store.byId.get(order[place])?.reviewed) place += by;
  if (order[place] === undefined) {
    say(by > 0 ? "That was the last picture." : "This is the first picture.");
    return;
  }
  openPicture(order[place]);
}

function selectedObject() {
  if (!selection) return null;
  const picture = desk.picture;
  const list = selection.kind === "annotation" ? picture?.objects : picture?.open;
  const object = list?.find((each) => each.id === selection.id);
  return object ? { kind: selection.kind, object } : null;
}

function select(kind, id) {
  selection = id === null ? null : { kind, id };
  const chosen = selectedObject();
  if (chosen) byId("live").textContent = `${nameOf(chosen.object.class)}, ${chosen.kind}`;
  redraw();
}

function redraw() {
  stage?.redraw();
  if (store.view !== "editor") return;
  const summary = desk.summary;
  const place = order.indexOf(pictureId);
  byId("editor-place").textContent = summary ? `${place + 1} / ${order.length} · ${summary.name}` : "";
  byId("editor-place").title = summary?.name ?? "";
  drawObjects(desk, { hidden });
}

// What the stage draws over the picture.
function draw(group, scale) {
  const picture = desk.picture;
  if (!picture || hidden) return;
  stage.drawObjects(group, picture, selection, tool.replaces?.() ?? null);
  tool.draw?.(group, scale);
}

// A finished shape: a new object, of the class that the model guesses or the person chose.
async function saveShape(shape, box) {
  const id = pictureId;
  const classId = await classForNew(id, box);
  if (!classId) return redraw();
  let final = shape;
  if (shape.box && (store.options.snap || store.options.masks)) final = await fromModel(id, shape.box) ?? shape;
  const answer = await addAnnotation(id, classId, final);
  if (!answer) return redraw();
  if (!answer.picture) await loadPicture(id);
  if (answer.annotation && pictureId === id) select("annotation", answer.annotation.id);
  const first = store.project.classes.find((each) => each.id === classId)?.prompts.length === 0;
  if (first && !store.options.examples) say(`${nameOf(classId)} is drawn. U searches the whole folder with it.`);
}

async function fromModel(id, box) {
  try {
    const answer = await post(`/pictures/${id}/mask`, { box });
    if (!answer.shape) return null;
    return store.options.masks ? answer.shape : { box: answer.box };
  } catch (problem) {
    say(problem.message);
    return null;
  }
}

// Another shape for what is there: a corrected suggestion is accepted with it.
async function replaceShape({ kind, object }, shape) {
  const id = pictureId;
  if (kind === "suggestion") {
    const answer = await decide([{ suggestion: object.id, verdict: "accept", shape }]);
    await loadPicture(id);
    const made = answer?.annotations?.[0];
    if (made) select("annotation", made.id);
    return;
  }
  await changeAnnotation(object, { shape });
  await loadPicture(id);
}

async function acceptOrFinish() {
  if (tool.finish?.()) return;
  const chosen = selectedObject();
  if (chosen?.kind === "suggestion") {
    await decide([{ suggestion: chosen.object.id, verdict: "accept" }]);
    await loadPicture(pictureId);
    return;
  }
  const id = pictureId;
  const done = await acceptPicture(id);
  if (!done) return;
  if (!done.picture) await loadPicture(id);
  if (pictureId === id) step(1);
}

// What the keys do in the editor.
export const editor = {
  accept: acceptOrFinish,
  async reject() {
    const chosen = selectedObject();
    if (chosen?.kind !== "suggestion") return say("Choose a suggestion first: J and K go through them, or click one.");
    const open = desk.picture.open;
    const next = open[open.findIndex((each) => each.id === chosen.object.id) + 1];
    await decide([{ suggestion: chosen.object.id, verdict: "reject" }]);
    await loadPicture(pictureId);
    if (next) select("suggestion", next.id);
  },
  // Suggestions first, then objects.
  walk(by) {
    const picture = desk.picture;
    if (!picture) return;
    const all = [...picture.open.map(({ id }) => ["suggestion", id]), ...picture.objects.map(({ id }) => ["annotation", id])];
    if (all.length === 0) return say("Nothing is in this picture yet.");
    const now = all.findIndex(([, id]) => id === selection?.id);
    const [kind, id] = all[now < 0 ? (by > 0 ? 0 : all.length - 1) : (now + by + all.length) % all.length];
    select(kind, id);
  },
  async remove() {
    if (tool.removePart?.()) return;
    const chosen = selectedObject();
    if (!chosen) return;
    if (chosen.kind === "suggestion") return editor.reject();
    await deleteAnnotation(chosen.object);
    await loadPicture(pictureId);
  },
  async setClass(each) {
    const chosen = selectedObject();
    if (!chosen) return chooseClass(each.id);
    if (chosen.kind === "suggestion") await decide([{ suggestion: chosen.object.id, verdict: "accept", class: each.id }]);
    else await changeAnnotation(chosen.object, { classId: each.id });
    await loadPicture(pictureId);
  },
  async mask() {
    const chosen = selectedObject();
    if (!chosen) return say("Choose an object first.");
    const answer = await post(`/pictures/${pictureId}/mask`, { box: chosen.object.box }).catch((problem) => say(problem.message));
    if (!answer) return;
    if (!answer.shape) return say("The model sees no object there.");
    await replaceShape(chosen, answer.shape);
  },
  async example(negative) {
    const chosen = selectedObject();
    if (!chosen) return say("Choose an object first.");
    if (chosen.kind === "annotation") return useAsExample(chosen.object, negative);
    await decide([{ suggestion: chosen.object.id, verdict: negative ? "reject" : "accept" }], { example: true });
    await loadPicture(pictureId);
  },
  async duplicate() {
    const chosen = selectedObject();
    if (chosen) await paste(chosen.object, 8);
  },
  copy() {
    const chosen = selectedObject();
    if (!chosen) return;
    copied = chosen.object;
    say("Copied: Ctrl+V puts it into any picture.");
  },
  paste: () => copied && paste(copied, 0),
  toggleReviewed: async () => {
    const answer = await setReviewed(desk.summary, !desk.summary.reviewed);
    if (answer) await loadPicture(pictureId);
  },
  toggleShapes() {
    hidden = !hidden;
    say(hidden ? "Objects are hidden: T shows them." : "Objects are shown.");
    redraw();
  },
  cancel() {
    if (tool.cancel?.()) return redraw();
    if (selection) return select(null, null);
    emit("leave-editor");
  },
  // Arrow keys move a draft, what is chosen, else the picture; `resizes`: its lower right corner alone.
  arrow(x, y, resizes) {
    if (tool.arrow?.(x, y, resizes)) return;
    const chosen = selectedObject();
    if (chosen?.kind === "annotation") tools.select.nudge(chosen, x, y, resizes);
    else stage.viewport.pan(-x * 40, -y * 40);
  },
  boxByKeys() {
    if (!desk.picture) return;
    chooseTool("box");
    select(null, null);
    tools.box.begin();
    say("Arrows move the box, Alt with arrows resizes it, Enter keeps it.");
  },
  toolKey: (key) => tool.key?.(key) ?? false,
  fit: () => stage.viewport.fit(),
  actual: () => stage.viewport.actual(),
  zoom: (factor) => stage.viewport.zoom(factor),
  enter: () => { stage.layOut(); stage.element.focus({ preventScroll: true }); redraw(); },
  leave: () => tool.cancel?.(),
  current: () => pictureId,
  settled: () => change(async () => null),
};

async function paste(object, off) {
  const { width, height } = desk.summary;
  const move = ([x, y]) => [Math.min(Math.max(x + off, 0), width), Math.min(Math.max(y + off, 0), height)];
  const shape = object.shape?.polygons
    ? { polygons: object.shape.polygons.map(({ outer, holes = [] }) => ({ outer: outer.map(move), holes: holes.map((hole) => hole.map(move)) })) }
    : { box: [...move([object.box[0], object.box[1]]), ...move([object.box[2], object.box[3]])] };
  const answer = await addAnnotation(pictureId, object.class, shape, false);
  if (answer) {
    await loadPicture(pictureId);
    if (answer.annotation) select("annotation", answer.annotation.id);
  }
}
