// Annotations and suggestions as SVG: solid what is decided, dashed what is proposed.

import { svg } from "./dom.js";
import { pathOfParts, round } from "./geometry.js";
import { colourOf, nameOf } from "./store.js";

// Parts of a shape of the server's: [[outer, hole, …], …], or null for a box.
export function partsOf(shape) {
  return shape?.polygons?.map(({ outer, holes = [] }) => [outer, ...holes]) ?? null;
}

export function shapeOfParts(parts) {
  return { polygons: parts.map(([outer, ...holes]) => ({ outer: rounded(outer), holes: holes.map(rounded) })) };
}

const rounded = (ring) => ring.map(([x, y]) => [round(x), round(y)]);

// One object. `kind` is "annotation" or "suggestion"; `scale` is screen pixels per picture pixel, for what keeps its size.
export function drawObject(object, kind, { scale = 1, selected = false, rejected = false, dim = false, faint = false, width = Infinity } = {}) {
  const colour = colourOf(object.class);
  const [x1, y1, x2, y2] = object.box;
  const parts = partsOf(object.shape);
  const classes = ["object", kind, selected && "selected", rejected && "rejected", dim && "dimmed", faint && "faint"].filter(Boolean).join(" ");
  const group = svg("g", { class: classes, "data-id": object.id, "data-kind": kind, "data-class": object.class });
  const style = (element) => {
    element.style.stroke = colour;
    element.style.fill = colour;
    return element;
  };
  if (parts) group.append(style(svg("path", { class: "region", d: pathOfParts(parts), "fill-rule": "evenodd" })));
  const box = svg("rect", { class: parts ? "frame" : "region", x: round(x1), y: round(y1), width: round(x2 - x1), height: round(y2 - y1) });
  group.append(style(box));
  if (rejected) {
    group.append(style(svg("path", { class: "strike", d: `M${x1} ${y1}L${x2} ${y2}M${x2} ${y1}L${x1} ${y2}` })));
  }
  group.append(drawLabel(object, kind, colour, scale, width));
  return group;
}

const pen = document.createElement("canvas").getContext("2d");

// The label lies inside the picture, whose width is `most`.
function drawLabel(object, kind, colour, scale, most) {
  const text = kind === "suggestion" ? `${nameOf(object.class)} ${object.score.toFixed(2)}` : nameOf(object.class);
  const size = 11 / scale;
  pen.font = "600 11px system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif";
  const width = (pen.measureText(text).width + 8) / scale;
  const [x, y] = [Math.max(0, Math.min(object.box[0], most - width)), Math.max(object.box[1], size * 1.45)];
  const back = svg("rect", { class: "label-back", x, y: y - size * 1.4, width, height: size * 1.4 });
  back.style.fill = colour;
  const words = svg("text", { class: "label", x: x + 4 / scale, y: y - size * 0.38 }, text);
  words.style.fontSize = `${size}px`;
  words.style.fill = inkOn(colour);
  return svg("g", { class: "label-group" }, back, words);
}

// Black or white, whichever is easier to read on a colour.
export function inkOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return red * 0.299 + green * 0.587 + blue * 0.114 > 150 ? "#101418" : "#ffffff";
}
