// The picture on the screen: the image below, objects as SVG above, zoom, pan, and pointer events for the tool.

import { image, thumbnail } from "../api.js";
import { el, show, svg } from "../dom.js";
import { distance } from "../geometry.js";
import { drawObject } from "../shapes.js";
import { Viewport } from "./viewport.js";

const DRAG = 4; // screen pixels before a press with the right button is a pan

export class Stage {
  // `drawn(group, scale)` draws objects and drafts; `tool()` gets the pointer.
  constructor(element, { drawn, tool }) {
    Object.assign(this, { element, drawn, tool });
    this.low = el("img", { class: "stage-image low", alt: "", draggable: "false" });
    this.full = el("img", { class: "stage-image", alt: "", draggable: "false" });
    this.full.addEventListener("load", () => this.full.classList.add("ready"));
    this.canvas = el("canvas", { class: "stage-image paint", hidden: true });
    this.group = svg("g");
    this.cross = svg("g", { class: "crosshair", hidden: true }, svg("line"), svg("line"));
    this.overlay = svg("svg", { class: "stage-overlay" }, this.group, this.cross);
    this.message = el("div", { class: "stage-message" });
    element.prepend(this.low, this.full, this.canvas, this.overlay, this.message);
    this.viewport = new Viewport(() => this.redraw());
    new ResizeObserver(() => this.layOut()).observe(element);
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    element.addEventListener("pointerdown", (event) => this.pressed(event));
    element.addEventListener("pointermove", (event) => this.hovered(event));
    element.addEventListener("pointerleave", () => { this.cross.setAttribute("hidden", ""); });
    element.addEventListener("dragstart", (event) => event.preventDefault()); // else it cancels the drawing
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    element.addEventListener("dblclick", (event) => this.tool()?.double?.(this.at(event), event));
  }

  layOut() {
    if (this.element.clientWidth > 0) this.viewport.setWindow(this.element.clientWidth, this.element.clientHeight);
  }

  // Shows a picture, or a message where there is none to show.
  show(picture, message = null) {
    show(this.message, message);
    for (const layer of [this.low, this.full, this.overlay]) layer.toggleAttribute("hidden", picture === null);
    if (!picture) return;
    const source = image(picture);
    if (this.full.getAttribute("src") !== source) {
      this.full.classList.remove("ready");
      this.low.src = thumbnail(picture);
      this.full.src = source;
    }
    this.viewport.setPicture(picture.width ?? 4, picture.height ?? 3);
  }

  preload(pictures) {
    this.ahead = pictures.filter((picture) => picture && picture.state !== "failed").map((picture) => {
      const next = new Image();
      next.src = image(picture);
      return next;
    });
  }

  redraw() {
    const { scale, x, y, picture } = this.viewport;
    for (const layer of [this.low, this.full, this.canvas]) {
      layer.style.width = `${picture.width}px`;
      layer.style.height = `${picture.height}px`;
      layer.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    }
    this.full.classList.toggle("pixels", scale >= 4);
    this.group.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
    show(this.group);
    this.drawn(this.group, scale);
  }

  // Objects of a picture, large ones first, so that small ones can be hit; the one being changed is left to its tool.
  drawObjects(group, picture, selection, replaced) {
    const { scale } = this.viewport;
    const size = ({ box: [x1, y1, x2, y2] }) => (x2 - x1) * (y2 - y1);
    const all = [...picture.open.map((object) => ["suggestion", object]), ...picture.objects.map((object) => ["annotation", object])];
    for (const [kind, object] of all.sort((a, b) => size(b[1]) - size(a[1]))) {
      if (object.id === replaced) continue;
      group.append(drawObject(object, kind, { scale, width: picture.width, selected: selection?.id === object.id, dim: replaced !== null }));
    }
  }

  at(event) {
    const { left, top } = this.element.getBoundingClientRect();
    return this.viewport.toPicture([event.clientX - left, event.clientY - top]);
  }

  wheel(event) {
    event.preventDefault();
    const { left, top } = this.element.getBoundingClientRect();
    if (event.shiftKey) this.viewport.pan(-(event.deltaY + event.deltaX), 0);
    else this.viewport.zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0015)), [event.clientX - left, event.clientY - top]);
    this.hovered(event);
  }

  hovered(event) {
    const { left, top } = this.element.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    this.cross.toggleAttribute("hidden", !this.tool()?.crosshair);
    const [across, down] = this.cross.children;
    place(across, 0, y, this.viewport.window.width, y);
    place(down, x, 0, x, this.viewport.window.height);
    this.tool()?.hover?.(this.at(event), event);
  }

  // The left button is the tool's; the middle one pans, and so does the right one when it is dragged.
  pressed(event) {
    this.element.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    if (event.button === 0) {
      this.tool()?.down?.(this.at(event), event);
      this.follow((moved) => this.tool()?.drag?.(this.at(moved), moved), (released) => this.tool()?.up?.(this.at(released), released));
      return;
    }
    const start = [event.clientX, event.clientY];
    let before = start;
    let panned = event.button === 1;
    this.follow((moved) => {
      const now = [moved.clientX, moved.clientY];
      if (!panned && distance(start, now) < DRAG) return;
      panned = true;
      this.viewport.pan(now[0] - before[0], now[1] - before[1]);
      before = now;
    }, (released) => {
      if (!panned) this.tool()?.secondary?.(this.at(released), released);
    });
  }

  follow(move, up) {
    const ended = (event) => {
      this.element.removeEventListener("pointermove", move);
      this.element.removeEventListener("pointerup", ended);
      this.element.removeEventListener("pointercancel", ended);
      up(event);
    };
    this.element.addEventListener("pointermove", move);
    this.element.addEventListener("pointerup", ended);
    this.element.addEventListener("pointercancel", ended);
  }
}

function place(line, x1, y1, x2, y2) {
  for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) line.setAttribute(name, value);
}
