// What the page says: politely to a screen reader and as a short note, or as a banner that stays until the cause is gone.

import { byId, el } from "./dom.js";

let noteTimer;

export function say(text, { undo = null } = {}) {
  byId("live").textContent = text;
  const note = byId("note");
  note.replaceChildren(el("span", {}, text));
  if (undo) note.append(el("button", { class: "link", onclick: undo }, "Undo"));
  note.classList.add("shown");
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => note.classList.remove("shown"), 4000);
}

// A banner of a kind of trouble; the same kind replaces itself. `actions` are [{ label, run }].
export function trouble(kind, text, actions = []) {
  clearTrouble(kind);
  byId("troubles").append(el("div", { class: "trouble", role: "alert", "data-kind": kind },
    el("span", {}, text),
    actions.map(({ label, run }) => el("button", { onclick: run }, label)),
    el("button", { class: "quiet", "aria-label": "Dismiss", onclick: () => clearTrouble(kind) }, "×")));
}

export function clearTrouble(kind) {
  byId("troubles").querySelector(`[data-kind="${kind}"]`)?.remove();
}
