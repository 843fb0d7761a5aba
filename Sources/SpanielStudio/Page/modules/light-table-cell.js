// One picture on the light table: its objects over it, drawing by drag, rejecting by click.

import { thumbnail } from "./api.js";
import { brokenPicture } from "./gallery.js";
import { el, show, svg } from "./dom.js";
import { boxBetween, clamp, distance } from "./geometry.js";
import { standingBack } from "./rivals.js";
import { drawObject } from "./shapes.js";
import { loadPicture, store } from "./store.js";

const DRAG = 4; // screen pixels before a press is a drag

export class LightTableCell {
  constructor(id, { selected, hovered, drawn, clicked }) {
    Object.assign(this, { id, selected, hovered, drawn, clicked });
    this.turned = new Set(); // suggestions whose verdict the person turned round
    this.classes = new Map(); // suggestion → another class, chosen here
    this.selection = null;
    const summary = store.byId.get(id);
    this.size = { width: summary.width ?? 4, height: summary.height ?? 3 };
    this.overlay = svg("svg", { class: "overlay", preserveAspectRatio: "xMidYMid meet", viewBox: `0 0 ${this.size.width} ${this.size.height}` });
    this.foot = el("figcaption", {});
    this.img = el("img", { src: thumbnail(summary), alt: "", draggable: "false", decoding: "async" });
    this.sharpen(summary);
    this.element = el("figure", { class: "table-cell", "data-picture": id, "aria-label": summary.name },
      el("div", { class: "table-frame" }, this.img, this.overlay), this.foot);
    this.overlay.addEventListener("pointerdown", (event) => this.pressed(event));
    this.element.addEventListener("dragstart", (event) => event.preventDefault()); // else it cancels the drawing
    this.overlay.addEventListener("pointermove", (event) => {
      if (event.buttons !== 0) return;
      const { id: under, kind } = event.target.closest(".object")?.dataset ?? {};
      this.hovered(this.id, kind, under);
    });
    this.overlay.addEventListener("pointerleave", () => this.hovered(null));
    new ResizeObserver(() => this.redraw()).observe(this.overlay);
    this.redraw();
  }

  get picture() {
    return store.details.get(this.id) ?? null;
  }

  get scale() {
    const { clientWidth, clientHeight } = this.overlay;
    return Math.min(clientWidth / this.size.width, clientHeight / this.size.height) || 1;
  }

  // What stands back is faint until the person turns it round; the rest is accepted.
  isRejected(id) {
    return this.back.has(id) !== this.turned.has(id);
  }

  redraw() {
    if (this.dragging) return; // when the drag ends
    const summary = store.byId.get(this.id);
    if (!summary) return;
    if (summary.width && summary.width !== this.size.width) {
      this.size = { width: summary.width, height: summary.height };
      this.overlay.setAttribute("viewBox", `0 0 ${summary.width} ${summary.height}`);
    }
    const picture = this.picture;
    const scale = this.scale;
    this.back = picture ? standingBack(picture, this.classes) : new Set();
    const objects = picture?.objects ?? [];
    const open = picture?.open ?? [];
    const is = (kind, object) => this.selection?.kind === kind && this.selection.id === object.id;
    show(this.overlay,
      open.map((object) => drawObject({ ...object, class: this.classes.get(object.id) ?? object.class }, "suggestion",
        { scale, width: this.size.width, rejected: this.isRejected(object.id), faint: this.back.has(object.id), selected: is("suggestion", object) })),
      objects.map((object) => drawObject(object, "annotation", { scale, width: this.size.width, selected: is("annotation", object) })));
    this.element.classList.toggle("is-reviewed", summary.reviewed);
    show(this.foot,
      el("span", { class: "thumb-name" }, summary.name),
      summary.state === "waiting" && el("span", { class: "badge" }, "being encoded"),
      open.length > 0 && el("span", { class: "badge accent" }, `${open.filter(({ id }) => !this.isRejected(id)).length} ?`),
      objects.length > 0 && el("span", { class: "badge" }, String(objects.length)),
      summary.reviewed && el("span", { class: "badge accept" }, "reviewed"));
  }

  // A larger thumbnail takes the small one's place once it is there.
  async sharpen(summary) {
    const large = el("img", { src: thumbnail(summary, 768), alt: "", draggable: "false" });
    await large.decode().then(() => this.img.replaceWith(large), () => {});
  }

  // Asks for the picture's objects and suggestions as they are now; `data-state` is "quiet" when they are shown.
  async load() {
    this.element.dataset.state = "loading";
    const asked = this.asked = Symbol("asked");
    try {
      await loadPicture(this.id);
    } catch (problem) {
      this.fail(problem.message);
    }
    if (this.asked === asked) this.element.dataset.state = "quiet";
  }

  fail(message) {
    show(this.element.firstElementChild, brokenPicture({ problem: message }));
  }

  select(choice) {
    this.selection = choice;
    this.redraw();
  }

  toggle(id) {
    if (!this.turned.delete(id)) this.turned.add(id);
    this.redraw();
  }

  setClassOf(id, classId) {
    this.classes.set(id, classId);
    this.turned.delete(id); // a class of its own keeps it from standing back
    this.redraw();
  }

  // What Enter decides; what stands back and was not turned round stays undecided.
  verdicts() {
    const seen = (this.picture?.open ?? []).filter(({ id }) => !this.back.has(id) || this.turned.has(id));
    return seen.map(({ id }) => this.isRejected(id)
      ? { suggestion: id, verdict: "reject" }
      : { suggestion: id, verdict: "accept", ...(this.classes.has(id) ? { class: this.classes.get(id) } : {}) });
  }

  // Where the pointer is, in pixels of the picture.
  point(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.overlay.getScreenCTM().inverse());
    return [clamp(point.x, 0, this.size.width), clamp(point.y, 0, this.size.height)];
  }

  pressed(event) {
    if (event.button !== 0) return;
    const start = this.point(event);
    const down = [event.clientX, event.clientY];
    const target = event.target.closest(".object");
    let draft = null;
    this.overlay.setPointerCapture(event.pointerId);
    const move = (moved) => {
      if (!draft && distance(down, [moved.clientX, moved.clientY]) < DRAG) return;
      if (!draft) {
        this.dragging = true;
        draft = svg("rect", { class: "draft" });
        this.overlay.append(draft);
      }
      const [x1, y1, x2, y2] = boxBetween(start, this.point(moved), this.size);
      for (const [name, value] of Object.entries({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 })) draft.setAttribute(name, value);
    };
    const up = (released) => {
      this.overlay.removeEventListener("pointermove", move);
      this.overlay.removeEventListener("pointerup", up);
      this.overlay.removeEventListener("pointercancel", up);
      this.dragging = false;
      if (draft) {
        const box = boxBetween(start, this.point(released), this.size);
        if (released.type === "pointerup" && box[2] - box[0] >= 2 && box[3] - box[1] >= 2) this.drawn(this.id, box);
        else this.redraw();
      } else if (released.type === "pointerup") {
        this.tapped(target, start);
      }
    };
    this.overlay.addEventListener("pointermove", move);
    this.overlay.addEventListener("pointerup", up);
    this.overlay.addEventListener("pointercancel", up);
  }

  // A click on a suggestion rejects it or takes that back; on an object it chooses it; on nothing SAM is asked.
  tapped(target, point) {
    if (!target) {
      this.clicked(this.id, point);
      return;
    }
    const { id, kind } = target.dataset;
    if (kind === "suggestion") this.toggle(id);
    this.selected(this.id, kind, id);
  }
}
