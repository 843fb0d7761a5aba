// The open picture's objects and suggestions, as a list beside it.

import { byId, el, show } from "../dom.js";
import { simplified } from "../geometry.js";
import { dot } from "../gallery.js";
import { partsOf, shapeOfParts } from "../shapes.js";
import { colourOf, nameOf } from "../store.js";
import { editor } from "./editor.js";

const provenance = { human: "drawn", edited: "confirmed", model: "by the model" };

export function drawObjects(desk, { hidden }) {
  const { picture, summary, selected } = desk;
  const panel = byId("objects");
  if (!picture) return show(panel, el("p", { class: "dim" }, "Loading …"));
  const row = (kind, object) => el("li", {}, el("button", {
    class: `quiet object-row ${kind === "suggestion" ? "proposed" : ""}`, "aria-current": object.id === selected?.object.id ? "true" : null,
    onclick: () => { desk.select(kind, object.id); desk.stage.viewport.frame(object.box); },
  }, dot(colourOf(object.class)), el("span", { class: "object-name" }, nameOf(object.class)),
  el("span", { class: "dim number" }, kind === "suggestion" ? `? ${object.score.toFixed(2)}` : provenance[object.provenance] ?? "")));
  show(panel,
    el("div", { class: "section-head" },
      el("h2", {}, `${picture.objects.length} here, ${picture.open.length} suggested`),
      el("label", { class: "check", title: "All objects are labelled (I)" },
        el("input", { type: "checkbox", checked: summary.reviewed, onchange: () => editor.toggleReviewed() }), "reviewed")),
    el("ul", {}, picture.open.map((each) => row("suggestion", each)), picture.objects.map((each) => row("annotation", each))),
    hidden && el("p", { class: "dim" }, "Objects are hidden (T)."),
    buttons(desk, selected));
}

function buttons(desk, selected) {
  if (!selected) return null;
  const deed = (label, key, run) => el("button", { onclick: run, title: `${label} (${key})` }, label);
  const corners = partsOf(selected.object.shape)?.flat().reduce((sum, ring) => sum + ring.length, 0) ?? 0;
  return el("div", { class: "buttons" },
    selected.kind === "suggestion" && [deed("Accept", "Enter", editor.accept), deed("Reject", "X", editor.reject)],
    deed("Outline", "M", editor.mask),
    deed("Example", "U", () => editor.example(false)),
    deed("Not this", "Shift+U", () => editor.example(true)),
    corners > 12 && el("button", { title: `${corners} corners now`, onclick: () => fewerCorners(desk, selected) }, "Fewer corners"),
    selected.kind === "annotation" && deed("Delete", "Del", editor.remove));
}

// Drops the corners that lie less than a pixel and a half off a straight line; parts and holes stay.
function fewerCorners(desk, selected) {
  const parts = partsOf(selected.object.shape).map((rings) => rings.map((ring) => simplified(ring, 1.5)));
  desk.replaceShape(selected, shapeOfParts(parts));
}
