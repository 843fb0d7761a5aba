// A grid of any number of cells of which only those near the window exist, so that 5,000 pictures scroll like 50.

import { el } from "./dom.js";
import { clamp } from "./geometry.js";

export class VirtualGrid {
  // `fill(cell, index)` puts an item into a cell that may have held another; `open(index)` is Enter or a double click.
  constructor(scroller, { width, height, gap = 8, fill, open, moved = () => {}, label }) {
    Object.assign(this, { scroller, gap, fill, open, moved });
    this.wanted = { width, height };
    this.count = 0;
    this.focused = 0;
    this.range = null; // [first, last] chosen together, by Shift
    this.cells = new Map(); // index → element
    this.spare = [];
    this.plane = el("div", { class: "grid-plane", role: "presentation" });
    scroller.classList.add("grid-scroller");
    scroller.setAttribute("role", "listbox");
    scroller.setAttribute("aria-label", label);
    scroller.setAttribute("aria-multiselectable", "true");
    scroller.tabIndex = 0;
    scroller.replaceChildren(this.plane);
    scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    scroller.addEventListener("click", (event) => this.clicked(event));
    scroller.addEventListener("dblclick", () => this.open(this.focused));
    new ResizeObserver(() => this.layOut()).observe(scroller);
  }

  setCount(count) {
    this.count = count;
    this.focused = clamp(this.focused, 0, Math.max(0, count - 1));
    this.layOut();
  }

  setCellSize(width, height) {
    this.wanted = { width, height };
    this.layOut();
    this.reveal(this.focused);
  }

  // Every visible cell is filled again.
  refresh() {
    for (const [index, cell] of this.cells) this.fillCell(cell, index);
  }

  refreshIndex(index) {
    const cell = this.cells.get(index);
    if (cell) this.fillCell(cell, index);
  }

  layOut() {
    const inside = this.scroller.clientWidth - this.gap;
    if (inside <= 0) return;
    this.columns = Math.max(1, Math.floor(inside / (this.wanted.width + this.gap)));
    const width = Math.floor(inside / this.columns) - this.gap;
    this.size = { width, height: Math.round(this.wanted.height * width / this.wanted.width) };
    const rows = Math.ceil(this.count / this.columns);
    this.plane.style.height = `${rows * (this.size.height + this.gap) + this.gap}px`;
    for (const cell of this.cells.values()) this.release(cell);
    this.cells.clear();
    this.draw();
  }

  draw() {
    if (!this.size) return;
    const row = this.size.height + this.gap;
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / row) - 2) * this.columns;
    const last = Math.min(
      this.count, Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / row + 2) * this.columns);
    for (const [index, cell] of this.cells) {
      if (index >= first && index < last) continue;
      this.release(cell);
      this.cells.delete(index);
    }
    for (let index = first; index < last; index += 1) {
      if (!this.cells.has(index)) this.cells.set(index, this.place(index));
    }
  }

  // The indexes that the window shows at least a part of.
  visible() {
    if (!this.size) return [];
    const row = this.size.height + this.gap;
    const first = Math.floor(this.scroller.scrollTop / row) * this.columns;
    const last = Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / row) * this.columns;
    return Array.from({ length: Math.max(0, Math.min(last, this.count) - first) }, (_, index) => first + index);
  }

  place(index) {
    const cell = this.spare.pop() ?? el("div", { class: "grid-cell", role: "option" });
    cell.hidden = false;
    cell.id = `${this.scroller.id}-${index}`;
    cell.setAttribute("aria-setsize", this.count);
    cell.setAttribute("aria-posinset", index + 1);
    cell.style.width = `${this.size.width}px`;
    cell.style.height = `${this.size.height}px`;
    const x = this.gap + (index % this.columns) * (this.size.width + this.gap);
    const y = this.gap + Math.floor(index / this.columns) * (this.size.height + this.gap);
    cell.style.transform = `translate(${x}px, ${y}px)`;
    if (!cell.parentNode) this.plane.append(cell);
    this.fillCell(cell, index);
    return cell;
  }

  fillCell(cell, index) {
    cell.dataset.index = index;
    this.fill(cell, index);
    this.markFocus(cell, index);
  }

  markFocus(cell, index) {
    const chosen = this.range ? index >= this.range[0] && index <= this.range[1] : index === this.focused;
    cell.classList.toggle("focused", index === this.focused);
    cell.classList.toggle("chosen", chosen);
    cell.setAttribute("aria-selected", chosen);
    if (index === this.focused) this.scroller.setAttribute("aria-activedescendant", cell.id);
  }

  release(cell) {
    cell.hidden = true;
    this.spare.push(cell);
  }

  clicked(event) {
    const cell = event.target.closest(".grid-cell");
    if (cell && this.plane.contains(cell)) this.focus(Number(cell.dataset.index), event.shiftKey);
  }

  // `extend` chooses all from where the choice began.
  focus(index, extend = false) {
    if (this.count === 0) return;
    const before = this.focused;
    this.focused = clamp(index, 0, this.count - 1);
    this.anchor = extend ? this.anchor ?? before : null;
    this.range = extend ? [Math.min(this.anchor, this.focused), Math.max(this.anchor, this.focused)] : null;
    this.reveal(this.focused);
    for (const [each, cell] of this.cells) this.markFocus(cell, each);
    if (before !== this.focused) this.moved(this.focused);
  }

  reveal(index) {
    if (!this.size) return;
    const row = this.size.height + this.gap;
    const top = Math.floor(index / this.columns) * row;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    const bottom = top + row + this.gap - this.scroller.clientHeight;
    if (bottom > this.scroller.scrollTop) this.scroller.scrollTop = bottom;
    this.draw();
  }

  // Arrow keys and their like; returns whether the key was one of them.
  move(key, extend = false) {
    const rows = Math.max(1, Math.floor(this.scroller.clientHeight / ((this.size?.height ?? 100) + this.gap)));
    const steps = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns,
      PageUp: -rows * this.columns, PageDown: rows * this.columns, Home: -this.count, End: this.count,
    };
    if (!(key in steps)) return false;
    this.focus(this.focused + steps[key], extend);
    return true;
  }
}
