// Choosing and correcting: a click chooses, handles resize a box, corners of an outline move, come and go, a drag inside moves it all.

import { svg } from "../dom.js";
import { boxOfParts, clamp, contains, distance, nearestOnSegment } from "../geometry.js";
import { drawObject, partsOf, shapeOfParts } from "../shapes.js";
import { objectAt } from "./hit.js";

const NEAR = 8; // screen pixels

export class SelectTool {
  constructor(desk) {
    this.desk = desk;
    this.cursor = "default";
    this.edit = null; // { kind, object, grip, shape }: what is being changed
    this.corner = null; // [part, ring, place] of the chosen corner
    this.hints = [["click", "choose"], ["drag", "move, resize, corners"], ["double click", "a corner more"], ["Del", "corner or object"], ["M", "SAM's outline"]];
  }

  down(point, event) {
    const chosen = this.desk.selected;
    const grip = chosen && this.gripAt(chosen.object, point);
    if (grip) {
      this.corner = grip.corner ?? null;
      if (grip.corner && event.altKey) {
        this.desk.replaceShape(chosen, shapeOfParts(withoutCorner(partsOf(chosen.object.shape), grip.corner)));
        return;
      }
      this.edit = { ...chosen, grip, start: point, moved: false };
      this.desk.redraw();
      return;
    }
    this.corner = null;
    const hit = objectAt(this.desk.picture, point);
    this.desk.select(hit?.kind ?? null, hit?.object.id ?? null);
    if (hit) this.edit = { ...hit, grip: { name: "all" }, start: point, moved: false };
  }

  drag(point) {
    const { edit } = this;
    if (!edit) return;
    const { scale } = this.desk.stage.viewport;
    if (!edit.moved && distance(edit.start, point) * scale < 3) return;
    edit.moved = true;
    edit.changed = changed(edit, point, this.desk.summary);
    this.desk.redraw();
  }

  up(point, event) {
    const { edit } = this;
    this.edit = null;
    if (edit?.moved && edit.changed && event.type === "pointerup") {
      this.kept = edit;
      this.desk.replaceShape(edit, shapeOf(edit.changed)).finally(() => {
        if (this.kept === edit) this.kept = null;
        this.desk.redraw();
      });
    } else {
      this.desk.redraw();
    }
  }

  // A double click on an edge of an outline makes a corner there.
  double(point) {
    const chosen = this.desk.selected;
    const parts = chosen && partsOf(chosen.object.shape);
    if (!parts) return;
    const place = nearestEdge(parts, point);
    if (!place || place.off * this.desk.stage.viewport.scale > NEAR) return;
    const [part, ring, after] = place.edge;
    const next = parts.map((rings, p) => rings.map((corners, r) => (p === part && r === ring
      ? [...corners.slice(0, after + 1), place.point, ...corners.slice(after + 1)] : corners)));
    this.desk.replaceShape(chosen, shapeOfParts(next));
  }

  // Del takes the chosen corner first.
  removePart() {
    const chosen = this.desk.selected;
    const parts = chosen && partsOf(chosen.object.shape);
    if (!parts || !this.corner) return false;
    const rest = withoutCorner(parts, this.corner);
    this.corner = null;
    this.desk.replaceShape(chosen, shapeOfParts(rest));
    return true;
  }

  // Moves it, or the lower right corner of a box.
  nudge(chosen, x, y, resizes = false) {
    if (resizes && partsOf(chosen.object.shape)) return;
    const [, , right, lower] = chosen.object.box;
    const edit = { ...chosen, grip: { name: resizes ? "se" : "all" }, start: [0, 0] };
    this.desk.replaceShape(chosen, shapeOf(changed(edit, resizes ? [right + x, lower + y] : [x, y], this.desk.summary)));
  }

  gripAt(object, point) {
    const near = NEAR / this.desk.stage.viewport.scale;
    const parts = partsOf(object.shape);
    if (parts) {
      for (const [p, rings] of parts.entries()) {
        for (const [r, corners] of rings.entries()) {
          const at = corners.findIndex((corner) => distance(corner, point) <= near);
          if (at >= 0) return { name: "corner", corner: [p, r, at] };
        }
      }
    } else {
      const handle = handles(object.box).find(({ at }) => distance(at, point) <= near);
      if (handle) return handle;
    }
    return contains(object.box, point) && objectAt(this.desk.picture, point)?.object.id === object.id ? { name: "all" } : null;
  }

  hover(point) {
    if (this.edit) return;
    const chosen = this.desk.selected;
    const grip = chosen && this.gripAt(chosen.object, point);
    this.desk.stage.element.style.cursor = grip ? cursors[grip.name] ?? "move" : "default";
  }

  cancel() {
    const was = Boolean(this.edit?.moved);
    this.edit = null;
    this.corner = null;
    return was;
  }

  replaces() {
    return (this.edit?.changed ? this.edit : this.kept)?.object.id ?? null;
  }

  draw(group, scale) {
    const edit = this.edit?.changed ? this.edit : this.kept;
    if (edit) {
      const shape = edit.changed.parts ? shapeOfParts(edit.changed.parts) : undefined;
      group.append(drawObject({ ...edit.object, box: edit.changed.box, shape }, edit.kind, { scale, selected: true }));
      return;
    }
    const chosen = this.desk.selected;
    if (!chosen) return;
    const parts = partsOf(chosen.object.shape);
    if (parts) {
      const picked = this.corner?.join();
      parts.forEach((rings, p) => rings.forEach((corners, r) => corners.forEach(([x, y], at) => {
        group.append(svg("circle", { class: `corner ${picked === [p, r, at].join() ? "picked" : ""}`, cx: x, cy: y, r: 3.5 / scale }));
      })));
    } else {
      for (const { at: [x, y] } of handles(chosen.object.box)) {
        group.append(svg("rect", { class: "handle", x: x - 4 / scale, y: y - 4 / scale, width: 8 / scale, height: 8 / scale }));
      }
    }
  }
}

const cursors = { nw: "nwse-resize", se: "nwse-resize", ne: "nesw-resize", sw: "nesw-resize", n: "ns-resize", s: "ns-resize", w: "ew-resize", e: "ew-resize", corner: "pointer" };

function handles([x1, y1, x2, y2]) {
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  return [
    { name: "nw", at: [x1, y1] }, { name: "ne", at: [x2, y1] }, { name: "se", at: [x2, y2] }, { name: "sw", at: [x1, y2] },
    { name: "n", at: [x, y1] }, { name: "e", at: [x2, y] }, { name: "s", at: [x, y2] }, { name: "w", at: [x1, y] },
  ];
}

// The box or parts after a drag from `start` to `point`, inside the picture.
function changed({ object, grip, start }, point, { width, height }) {
  const parts = partsOf(object.shape);
  const into = ([x, y]) => [clamp(x, 0, width), clamp(y, 0, height)];
  if (grip.corner) {
    const [part, ring, at] = grip.corner;
    const next = parts.map((rings, p) => rings.map((corners, r) => (p === part && r === ring
      ? corners.map((corner, index) => (index === at ? into(point) : corner)) : corners)));
    return { parts: next, box: boxOfParts(next) };
  }
  let [x1, y1, x2, y2] = object.box;
  if (grip.name === "all") {
    const dx = clamp(point[0] - start[0], -x1, width - x2);
    const dy = clamp(point[1] - start[1], -y1, height - y2);
    const box = [x1 + dx, y1 + dy, x2 + dx, y2 + dy];
    return { box, parts: parts?.map((rings) => rings.map((ring) => ring.map(([x, y]) => [x + dx, y + dy]))) ?? null };
  }
  const [x, y] = into(point);
  if (grip.name.includes("w")) x1 = x;
  if (grip.name.includes("e")) x2 = x;
  if (grip.name.includes("n")) y1 = y;
  if (grip.name.includes("s")) y2 = y;
  return { box: [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)], parts: null };
}

const shapeOf = ({ box, parts }) => (parts ? shapeOfParts(parts) : { box });

// A ring of three corners goes with one of them; a part goes with its outer ring.
function withoutCorner(parts, [part, ring, at]) {
  const next = parts.map((rings, p) => (p !== part ? rings : rings.flatMap((corners, r) => {
    if (r !== ring) return [corners];
    return corners.length > 3 ? [corners.filter((_, index) => index !== at)] : [];
  })));
  if (next[part].length < parts[part].length && ring === 0) next.splice(part, 1);
  return next.length > 0 ? next : parts;
}

function nearestEdge(parts, point) {
  let best = null;
  parts.forEach((rings, p) => rings.forEach((corners, r) => corners.forEach((corner, at) => {
    const on = nearestOnSegment(point, corner, corners[(at + 1) % corners.length]);
    const off = distance(on, point);
    if (!best || off < best.off) best = { off, point: on, edge: [p, r, at] };
  })));
  return best;
}
