// The box: a drag draws, a click chooses what lies there.

import { svg } from "../dom.js";
import { boxBetween } from "../geometry.js";
import { objectAt } from "./hit.js";

export class BoxTool {
  constructor(desk) {
    this.desk = desk;
    this.cursor = "crosshair";
    this.crosshair = true;
    this.hints = [["drag", "draw a box"], ["click", "choose"], ["1–9", "class"], ["U", "use as example"], ["wheel", "zoom"], ["right drag", "pan"]];
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
      this.kept = box; // shown until the server has it
      this.desk.saveShape({ box }, box).finally(() => {
        if (this.kept === box) this.kept = null;
        this.desk.redraw();
      });
    } else if (start) {
      const hit = objectAt(this.desk.picture, point);
      this.desk.select(hit?.kind ?? null, hit?.object.id ?? null);
    }
  }

  draw(group) {
    const box = this.box ?? this.kept;
    if (box) group.append(svg("rect", { class: "draft", x: box[0], y: box[1], width: box[2] - box[0], height: box[3] - box[1] }));
  }

  cancel() {
    const was = Boolean(this.start);
    this.start = null;
    this.box = null;
    return was;
  }
}
