// Where the picture lies in the window: a scale and an offset, and the way between both coordinates.

import { clamp } from "../geometry.js";

const MOST = 32; // screen pixels per picture pixel
const MARGIN = 16;

export class Viewport {
  constructor(changed) {
    this.changed = changed;
    this.window = { width: 1, height: 1 };
    this.picture = { width: 1, height: 1 };
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.fitted = true;
  }

  setWindow(width, height) {
    this.window = { width, height };
    if (this.fitted) this.fit();
    else this.settle();
  }

  setPicture(width, height) {
    this.picture = { width, height };
    this.fit();
  }

  get fitScale() {
    return Math.min(
      (this.window.width - 2 * MARGIN) / this.picture.width,
      (this.window.height - 2 * MARGIN) / this.picture.height);
  }

  fit() {
    this.scale = Math.max(this.fitScale, 0.001);
    this.x = (this.window.width - this.picture.width * this.scale) / 2;
    this.y = (this.window.height - this.picture.height * this.scale) / 2;
    this.fitted = true;
    this.changed();
  }

  // One picture pixel is one screen pixel, around the middle of the window.
  actual() {
    this.zoomTo(1, [this.window.width / 2, this.window.height / 2]);
  }

  zoom(factor, around = [this.window.width / 2, this.window.height / 2]) {
    this.zoomTo(this.scale * factor, around);
  }

  zoomTo(scale, [x, y]) {
    const before = this.toPicture([x, y]);
    this.scale = clamp(scale, Math.min(this.fitScale, 1) / 2, MOST);
    this.x = x - before[0] * this.scale;
    this.y = y - before[1] * this.scale;
    this.fitted = false;
    this.settle();
  }

  pan(x, y) {
    this.x += x;
    this.y += y;
    this.fitted = false;
    this.settle();
  }

  // Shows a box with room around it.
  frame([x1, y1, x2, y2]) {
    const scale = Math.min(this.window.width / (x2 - x1 + 1), this.window.height / (y2 - y1 + 1)) * 0.6;
    this.scale = clamp(scale, this.fitScale, MOST);
    this.x = this.window.width / 2 - (x1 + x2) / 2 * this.scale;
    this.y = this.window.height / 2 - (y1 + y2) / 2 * this.scale;
    this.fitted = false;
    this.settle();
  }

  // At least a corner of the picture stays in the window.
  settle() {
    const [width, height] = [this.picture.width * this.scale, this.picture.height * this.scale];
    this.x = clamp(this.x, 60 - width, this.window.width - 60);
    this.y = clamp(this.y, 60 - height, this.window.height - 60);
    this.changed();
  }

  toPicture([x, y]) {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  toWindow([x, y]) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }
}
