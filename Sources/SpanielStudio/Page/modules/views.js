// The four views and the way between them; the view is part of the address, so that a reload stays where it was.

import { editor, forgetOrder, openPicture } from "./editor/editor.js";
import { byId, el, show } from "./dom.js";
import { gallery } from "./gallery.js";
import { enterLightTable, lightTable } from "./light-table.js";
import { review } from "./review.js";
import { chooseClass, emit, on, store } from "./store.js";

const views = [["gallery", "Gallery", "G"], ["table", "Light table", "L"], ["review", "Review", "V"], ["editor", "Picture", "Enter"]];

export function startViews() {
  show(byId("views"), views.map(([name, title, key]) => el("button", {
    "data-view": name, onclick: () => (name === "editor" ? openFocused() : go(name)), title: `${title} (${key})`,
  }, title, el("kbd", {}, key))));
  on("open", ({ picture, box }) => openInEditor(picture, { box }));
  on("leave-editor", () => go(before));
  on("filter", forgetOrder);
  // The same option has a box in several views.
  on("options", () => {
    for (const name of ["masks", "snap", "examples"]) {
      for (const box of document.querySelectorAll(`.${name}-option`)) box.checked = store.options[name];
    }
  });
  let restored = false;
  on("pictures", () => {
    if (restored) return;
    restored = true;
    restore();
  });
}

let before = "gallery";

export function go(name) {
  if (store.view !== name) {
    if (store.view === "editor") editor.leave();
    else before = store.view;
  }
  store.view = name;
  for (const [each] of views) {
    byId(`view-${each}`).hidden = each !== name;
    const button = document.querySelector(`[data-view=${each}]`);
    if (each === name) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  byId("objects").hidden = name !== "editor";
  if (name === "gallery") gallery.enter();
  if (name === "table") enterLightTable();
  if (name === "review") review.enter();
  if (name === "editor") editor.enter();
  remember();
  emit("view", name);
}

export function openInEditor(id, options = {}) {
  if (!store.byId.has(id)) return;
  go("editor");
  openPicture(id, options).then(remember);
  remember();
}

// The picture that the present view looks at.
export function openFocused() {
  const id = store.view === "table" ? lightTable.openLast() : store.view === "review" ? review.focused()?.picture : gallery.focusedId();
  const any = id ?? editor.current() ?? store.pictures[0]?.id;
  if (any) openInEditor(any);
}

export function chooseClassByKey(each) {
  chooseClass(each.id);
}

function remember() {
  const query = new URLSearchParams({ view: store.view });
  if (store.view === "editor" && editor.current()) query.set("picture", editor.current());
  history.replaceState(null, "", `?${query}`);
}

function restore() {
  const query = new URLSearchParams(location.search);
  const view = query.get("view");
  if (view === "editor" && store.byId.has(query.get("picture"))) openInEditor(query.get("picture"));
  else go(views.some(([name]) => name === view && name !== "editor") ? view : "gallery");
}
