// A polygon, corner by corner. With Shift at the first corner it is a further part of the chosen object, or a hole if it lies inside.

import { svg } from "../dom.js";
import { boxOfParts, clamp, distance, ringContains } from "../geometry.js";
import { partsOf, shapeOfParts } from "../shapes.js";

const NEAR = 9; // screen pixels to the first corner that close the ring

export class PolygonTool {
  constructor(desk) {
    this.desk = desk;
    this.cursor = "crosshair";
    this.corners = [];
    this.hints = [["click", "a corner"], ["Enter", "close"], ["Backspace", "last corner"], ["Shift+click", "first: a part or hole of the chosen"]];
  }

  down(point, event) {
    const { scale } = this.desk.stage.viewport;
    const corner = this.inside(point);
    if (this.corners.length >= 3 && distance(this.corners[0], corner) * scale < NEAR) {
      this.finish();
      return;
    }
    if (this.corners.length === 0) this.base = event.shiftKey ? this.desk.selected : null;
    this.corners.push(corner);
    this.desk.redraw();
  }

  hover(point) {
    if (this.corners.length === 0) return;
    this.pointer = this.inside(point);
    this.desk.redraw();
  }

  inside([x, y]) {
    const { width, height } = this.desk.summary;
    return [clamp(x, 0, width), clamp(y, 0, height)];
  }

  key(name) {
    if (name !== "Backspace" || this.corners.length === 0) return false;
    this.corners.pop();
    this.desk.redraw();
    return true;
  }

  finish() {
    if (this.corners.length === 0) return false;
    if (this.corners.length < 3) return true;
    const { corners, base } = this;
    this.cancel();
    if (base) {
      this.desk.replaceShape(base, shapeOfParts(withRing(base.object, corners)));
    } else {
      this.desk.saveShape(shapeOfParts([[corners]]), boxOfParts([[corners]]));
    }
    return true;
  }

  cancel() {
    const was = this.corners.length > 0;
    this.corners = [];
    this.base = null;
    this.pointer = null;
    return was;
  }

  draw(group, scale) {
    if (this.corners.length === 0) return;
    const line = [...this.corners, this.pointer].filter(Boolean).map((corner) => corner.join(",")).join(" ");
    group.append(svg("polyline", { class: "draft open", points: line }));
    this.corners.forEach(([x, y], index) => group.append(svg("circle", { class: index === 0 ? "corner first" : "corner", cx: x, cy: y, r: 4 / scale })));
  }
}

// An object's parts with one ring more: a hole of the part that holds its first corner, else a part of its own.
function withRing(object, ring) {
  const [x1, y1, x2, y2] = object.box;
  const parts = partsOf(object.shape) ?? [[[[x1, y1], [x2, y1], [x2, y2], [x1, y2]]]];
  const home = parts.findIndex(([outer]) => ringContains(outer, ring[0]));
  return home < 0 ? [...parts, [ring]] : parts.map((part, index) => (index === home ? [...part, ring] : part));
}
