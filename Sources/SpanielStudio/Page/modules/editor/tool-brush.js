// The brush paints a mask pixel by pixel; with an object chosen it paints on that one. The pixels go to the server as they are.

import { svg } from "../dom.js";
import { clamp, pathOfParts } from "../geometry.js";
import { colourOf, store } from "../store.js";
import { partsOf } from "../shapes.js";

export class BrushTool {
  constructor(desk) {
    this.desk = desk;
    this.cursor = "none";
    this.size = 24; // screen pixels
    this.painted = false;
    this.hints = [["drag", "paint"], ["Alt or right button", "erase"], [", .", "size"], ["Enter", "keep"], ["Esc", "none"]];
  }

  get canvas() {
    return this.desk.stage.canvas;
  }

  // The canvas has the picture's size, so that what is painted is exact.
  begin() {
    if (this.painted) return;
    const { width, height } = this.desk.summary;
    Object.assign(this.canvas, { width, height });
    this.canvas.hidden = false;
    this.painted = true;
    this.base = this.desk.selected;
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.fillStyle = context.strokeStyle = colourOf(this.base?.object.class ?? store.classId);
    if (this.base) {
      const [x1, y1, x2, y2] = this.base.object.box;
      const parts = partsOf(this.base.object.shape) ?? [[[[x1, y1], [x2, y1], [x2, y2], [x1, y2]]]];
      context.fill(new Path2D(pathOfParts(parts)), "evenodd");
    }
  }

  down(point, event) {
    this.begin();
    this.erasing = event.altKey;
    this.last = point;
    this.stroke(point);
  }

  secondary(point) {
    this.begin();
    this.erasing = true;
    this.last = point;
    this.stroke(point);
    this.last = null;
  }

  drag(point) {
    this.pointer = point;
    if (this.last) this.stroke(point);
    this.desk.redraw();
  }

  up() {
    this.last = null;
  }

  hover(point) {
    this.pointer = point;
    this.desk.redraw();
  }

  stroke(point) {
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.globalCompositeOperation = this.erasing ? "destination-out" : "source-over";
    context.lineWidth = this.size / this.desk.stage.viewport.scale;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...this.last);
    context.lineTo(point[0] + 0.001, point[1]);
    context.stroke();
    context.globalCompositeOperation = "source-over";
    this.last = point;
  }

  key(name) {
    const factor = { ",": 1 / 1.25, ".": 1.25 }[name];
    if (!factor) return false;
    this.size = clamp(this.size * factor, 2, 300);
    this.desk.redraw();
    return true;
  }

  finish() {
    if (!this.painted) return false;
    const { width, height } = this.canvas;
    const { counts, box } = runs(this.canvas.getContext("2d").getImageData(0, 0, width, height));
    const { base } = this;
    this.cancel();
    if (!box) return true;
    const shape = { mask: { size: [height, width], counts } };
    if (base) this.desk.replaceShape(base, shape);
    else this.desk.saveShape(shape, box);
    return true;
  }

  cancel() {
    const was = this.painted;
    this.painted = false;
    this.base = null;
    this.canvas.hidden = true;
    return was;
  }

  replaces() {
    return this.painted ? this.base?.object.id ?? null : null;
  }

  draw(group, scale) {
    if (!this.pointer) return;
    const [x, y] = this.pointer;
    group.append(svg("circle", { class: "brush", cx: x, cy: y, r: this.size / 2 / scale }));
  }
}

// COCO's run lengths: down the columns, from left to right, the first run counts what is not painted; and the box.
function runs({ data, width, height }) {
  const counts = [];
  let run = 0;
  let now = false;
  let [x1, y1, x2, y2] = [width, height, 0, 0];
  for (let x = 0; x < width; x += 1) {
    for (let y = 0; y < height; y += 1) {
      const on = data[(y * width + x) * 4 + 3] > 127;
      if (on) [x1, y1, x2, y2] = [Math.min(x1, x), Math.min(y1, y), Math.max(x2, x + 1), Math.max(y2, y + 1)];
      if (on !== now) {
        counts.push(run);
        run = 0;
        now = on;
      }
      run += 1;
    }
  }
  counts.push(run);
  return { counts, box: x2 > 0 ? [x1, y1, x2, y2] : null };
}
