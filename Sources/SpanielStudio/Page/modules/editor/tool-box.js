// The box: a drag draws, a click chooses what lies there. By keys: a draft that arrows move, Alt with arrows resizes, Enter keeps.

import { svg } from "../dom.js";
import { boxBetween, clamp } from "../geometry.js";
import { objectAt } from "./hit.js";

export class BoxTool {
  constructor(desk) {
    this.desk = desk;
    this.cursor = "crosshair";
    this.crosshair = true;
    this.hints = [["drag", "draw a box"], ["click", "choose"], ["1–9", "class"], ["Shift R", "by keys"], ["U", "use as example"], ["wheel", "zoom"], ["right drag", "pan"]];
  }

  down(point) {
    this.start = point;
    this.box = null;
  }

  drag(point) {
    if (!this.start) return;
    const box = boxBetween(this.start, point, this.desk.summary);
    const { scale } = this.desk.stage.viewport;
    if (!this.box && (box[2] - box[0]) * scale < 4 && (box[3] - box[1]) * scale < 4) return;
    this.box = box;
    this.desk.redraw();
  }

  up(point, event) {
    const { box, start } = this;
    this.start = null;
    this.box = null;
    if (event.type === "pointercancel") return this.desk.redraw();
    if (box && box[2] - box[0] >= 1 && box[3] - box[1] >= 1) {
      this.save(box);
    } else if (start) {
      const hit = objectAt(this.desk.picture, point);
      this.desk.select(hit?.kind ?? null, hit?.object.id ?? null);
    }
  }

  save(box) {
    this.kept = box; // shown until the server has it
    this.desk.saveShape({ box }, box).finally(() => {
      if (this.kept === box) this.kept = null;
      this.desk.redraw();
    });
  }

  // A draft in the middle of what is seen, a third as large.
  begin() {
    const { width, height } = this.desk.summary;
    const { viewport } = this.desk.stage;
    const inside = ([x, y]) => [clamp(x, 0, width), clamp(y, 0, height)];
    const [x1, y1] = inside(viewport.toPicture([0, 0]));
    const [x2, y2] = inside(viewport.toPicture([viewport.window.width, viewport.window.height]));
    this.keyed = [x1 + (x2 - x1) / 3, y1 + (y2 - y1) / 3, x2 - (x2 - x1) / 3, y2 - (y2 - y1) / 3].map(Math.round);
    this.desk.redraw();
  }

  // Some screen pixels at a time; `resizes` moves the lower right corner alone. False where there is no draft.
  arrow(x, y, resizes) {
    if (!this.keyed) return false;
    const { width, height } = this.desk.summary;
    const by = Math.max(1, Math.round(4 / this.desk.stage.viewport.scale));
    let [x1, y1, x2, y2] = this.keyed;
    if (resizes) {
      [x2, y2] = [clamp(x2 + x * by, x1 + 1, width), clamp(y2 + y * by, y1 + 1, height)];
    } else {
      const [dx, dy] = [clamp(x * by, -x1, width - x2), clamp(y * by, -y1, height - y2)];
      [x1, y1, x2, y2] = [x1 + dx, y1 + dy, x2 + dx, y2 + dy];
    }
    this.keyed = [x1, y1, x2, y2];
    this.desk.say(`From ${x1}, ${y1} to ${x2}, ${y2}`);
    this.desk.redraw();
    return true;
  }

  finish() {
    const box = this.keyed;
    if (!box) return false;
    this.keyed = null;
    this.save(box);
    return true;
  }

  draw(group) {
    const box = this.box ?? this.keyed ?? this.kept;
    if (box) group.append(svg("rect", { class: "draft", x: box[0], y: box[1], width: box[2] - box[0], height: box[3] - box[1] }));
  }

  cancel() {
    const was = Boolean(this.start ?? this.keyed);
    this.start = null;
    this.box = null;
    this.keyed = null;
    return was;
  }
}
