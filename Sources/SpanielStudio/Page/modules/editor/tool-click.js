// Clicks on the object, and beside it, become SAM's mask; Enter keeps it. With an object chosen, the clicks correct its outline.

import { say } from "../announce.js";
import { post } from "../api.js";
import { svg } from "../dom.js";
import { pathOfParts } from "../geometry.js";
import { partsOf } from "../shapes.js";

export class ClickTool {
  constructor(desk) {
    this.desk = desk;
    this.cursor = "crosshair";
    this.points = [];
    this.hints = [["click", "on the object"], ["right click", "not this"], ["Enter", "keep"], ["Backspace", "last click"], ["Esc", "none"]];
  }

  down(point, event) {
    this.pressed = { point, positive: !(event.altKey || event.shiftKey) };
  }

  up(point, event) {
    if (event.type === "pointerup" && this.pressed) this.add(point, this.pressed.positive);
    this.pressed = null;
  }

  secondary(point) {
    this.add(point, false);
  }

  add([x, y], positive) {
    const { width, height } = this.desk.summary;
    if (x < 0 || y < 0 || x > width || y > height) return;
    if (this.points.length === 0) this.base = this.desk.selected;
    this.points.push({ x, y, positive });
    this.ask();
  }

  // Answers to older clicks are dropped.
  async ask() {
    const points = [...this.points];
    const asked = this.asked = Symbol("asked");
    this.desk.redraw();
    try {
      const answer = await post(`/pictures/${this.desk.picture.id}/mask`, { points, ...(this.base ? { box: this.base.object.box } : {}) });
      if (this.asked !== asked) return;
      this.answer = answer;
      if (!answer.shape) say("The model sees no object there.");
    } catch (problem) {
      say(problem.message);
    }
    this.desk.redraw();
  }

  key(name) {
    if (name !== "Backspace" || this.points.length === 0) return false;
    this.points.pop();
    if (this.points.length === 0) this.clear();
    else this.ask();
    this.desk.redraw();
    return true;
  }

  finish() {
    if (this.points.length === 0) return false;
    const { answer, base } = this;
    if (!answer?.shape) {
      say("There is no mask to keep yet.");
      return true;
    }
    this.clear();
    if (base) this.desk.replaceShape(base, answer.shape);
    else this.desk.saveShape(answer.shape, answer.box);
    return true;
  }

  clear() {
    this.points = [];
    this.answer = null;
    this.base = null;
    this.asked = null;
  }

  cancel() {
    const was = this.points.length > 0;
    this.clear();
    return was;
  }

  replaces() {
    return this.base?.object.id ?? null;
  }

  draw(group, scale) {
    const parts = partsOf(this.answer?.shape);
    if (parts) group.append(svg("path", { class: "draft", d: pathOfParts(parts), "fill-rule": "evenodd" }));
    for (const { x, y, positive } of this.points) {
      group.append(svg("circle", { class: positive ? "click yes" : "click no", cx: x, cy: y, r: 5 / scale }));
    }
  }
}
