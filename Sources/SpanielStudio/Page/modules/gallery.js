// The gallery: every picture of the folder as a thumbnail with what is known about it.

import { post, thumbnail } from "./api.js";
import { byId, el, icon, show } from "./dom.js";
import { filtered, scoreOf } from "./filters.js";
import { colourOf, on, store } from "./store.js";
import { counted } from "./words.js";
import { VirtualGrid } from "./virtual-grid.js";

const sizes = { small: 116, medium: 168, large: 248 };
let grid;
let list = [];
let size = "medium";

export function startGallery(open) {
  const view = byId("view-gallery");
  const scroller = el("div", { id: "gallery" });
  view.append(
    el("div", { class: "toolbar" },
      el("span", { id: "gallery-count", class: "dim number" }),
      el("span", { class: "spacer" }),
      el("label", {}, "Size", el("select", { "aria-label": "Size of thumbnails", onchange: (event) => setSize(event.target.value) },
        Object.keys(sizes).map((each) => el("option", { value: each, selected: each === size }, each))))),
    scroller,
    el("div", { class: "hints" },
      hint("Enter", "open"), hint("L", "light table"), hint("V", "review suggestions"), hint("/", "type words"), hint("?", "all keys")));
  grid = new VirtualGrid(scroller, {
    width: sizes[size], height: sizes[size] * 0.75 + 24, label: "Pictures of the folder",
    fill, open: (index) => list[index] && open(list[index].id),
  });
  scroller.addEventListener("scroll", prioritiseLater, { passive: true });
  for (const topic of ["pictures", "filter", "class", "ranking"]) on(topic, redrawLater);
  on("picture", (id) => {
    const index = list.findIndex((picture) => picture.id === id);
    if (index >= 0) grid.refreshIndex(index);
    redrawLater();
  });
}

export const hint = (key, text) => el("span", {}, el("kbd", {}, key), ` ${text}`);

function setSize(name) {
  size = name;
  grid.setCellSize(sizes[name], sizes[name] * 0.75 + 24);
}

let redrawing = 0;

// Many events at once draw once, at the next frame.
function redrawLater() {
  if (store.view !== "gallery") return; // it is drawn when it is entered
  redrawing ||= requestAnimationFrame(() => {
    redrawing = 0;
    redraw();
  });
}

function redraw() {
  const focused = list[grid.focused]?.id;
  list = filtered();
  byId("gallery-count").textContent = list.length === store.pictures.length
    ? counted(list.length, "picture") : `${list.length} of ${store.pictures.length} pictures`;
  const place = list.findIndex((picture) => picture.id === focused);
  if (place >= 0) grid.focused = place;
  if (grid.count === list.length) grid.refresh();
  else grid.setCount(list.length);
  emptyMessage();
  prioritiseLater();
}

function emptyMessage() {
  byId("gallery").querySelector(".empty")?.remove();
  if (list.length > 0) return;
  byId("gallery").append(store.pictures.length > 0
    ? el("div", { class: "empty" }, el("h2", {}, "No picture passes the filter"), el("p", {}, "Widen it on the left, or choose All there."))
    : el("div", { class: "empty" }, el("h2", {}, "No pictures here yet"), el("p", {}, `Put JPEG, PNG, WebP, TIFF, HEIC or AVIF files into ${store.project?.folder ?? "the folder"}: they appear here by themselves.`)));
}

function fill(cell, index) {
  const picture = list[index];
  if (!picture) return;
  let frame = cell.firstElementChild;
  if (!frame) {
    frame = el("div", { class: "thumb" });
    cell.append(frame, el("div", { class: "thumb-foot" }));
  }
  const source = thumbnail(picture);
  if (frame.dataset.source !== source || frame.dataset.state !== picture.state) {
    frame.dataset.source = source;
    frame.dataset.state = picture.state;
    show(frame, picture.state === "failed" || picture.state === "missing"
      ? brokenPicture(picture)
      : el("img", { src: source, alt: "", loading: "lazy", decoding: "async", draggable: "false" }));
  }
  frame.querySelector(".thumb-marks")?.remove();
  frame.append(marks(picture));
  const score = scoreOf(picture);
  show(cell.lastElementChild,
    el("span", { class: "thumb-name", title: picture.name }, picture.name),
    score !== null && store.project?.classes.length > 0 && el("span", { class: "dim number" }, score.toFixed(2)));
  cell.classList.toggle("is-reviewed", picture.reviewed);
  cell.setAttribute("aria-label", spoken(picture));
}

export function brokenPicture(picture) {
  return el("div", { class: "broken", title: picture.problem }, icon("broken"),
    el("span", {}, picture.state === "missing" ? "The file has gone; its boxes stay." : picture.problem ?? "It cannot be decoded."));
}

function marks(picture) {
  return el("div", { class: "thumb-marks" },
    picture.state === "waiting" && el("span", { class: "badge", title: "Not encoded yet" }, icon("clock")),
    picture.suggestions > 0 && el("span", { class: "badge accent", title: "Suggestions to decide" }, `${picture.suggestions} ?`),
    picture.annotations > 0 && el("span", { class: "badge boxes", title: "Boxes" },
      (picture.colors ?? []).slice(0, 4).map((id) => dot(colourOf(id))), String(picture.annotations)),
    picture.reviewed && el("span", { class: "badge accept", title: "Reviewed" }, icon("check")));
}

export function dot(colour) {
  const element = el("i", { class: "dot" });
  element.style.background = colour;
  return element;
}

function spoken(picture) {
  if (picture.state === "failed") return `${picture.name}: cannot be decoded`;
  const parts = [picture.name, counted(picture.annotations, "box", "boxes")];
  if (picture.suggestions > 0) parts.push(counted(picture.suggestions, "suggestion"));
  if (picture.reviewed) parts.push("reviewed");
  if (picture.state === "waiting") parts.push("not encoded yet");
  return parts.join(", ");
}

let priorityTimer = null;
let lastPriority = "";

// What is visible is encoded first.
function prioritiseLater() {
  clearTimeout(priorityTimer);
  priorityTimer = setTimeout(() => {
    if (store.view !== "gallery") return;
    const waiting = grid.visible().map((index) => list[index]).filter((picture) => picture?.state === "waiting").map((picture) => picture.id);
    if (waiting.length === 0 || waiting.join() === lastPriority) return;
    lastPriority = waiting.join();
    post("/priority", { pictures: waiting.slice(0, 500) }).catch(() => {});
  }, 200);
}

export const gallery = {
  enter: () => { redraw(); grid.layOut(); byId("gallery").focus({ preventScroll: true }); },
  move: (key) => grid.move(key),
  openFocused: () => grid.open(grid.focused),
  focusPicture(id) {
    const place = list.findIndex((picture) => picture.id === id);
    if (place >= 0) grid.focus(place);
  },
  focusedId: () => list[grid.focused]?.id ?? null,
  shown: () => list.map((picture) => picture.id),
};

