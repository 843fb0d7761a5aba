// The table of keys: who binds them, what they do in words, and in which view. Help is made from the same table.

import { isTyping } from "./dom.js";

const bindings = [];

// `keys` such as ["Ctrl+Z"], `views` such as ["editor"] or null for all. `run(event)` may return false: not meant for it.
export function bind(keys, what, run, { views = null, group = "Everywhere", whileTyping = false } = {}) {
  bindings.push({ keys, what, run, views, group, whileTyping });
}

export function allBindings() {
  return bindings;
}

// The name of a pressed key, modifiers first: "Ctrl+Shift+Z", "Enter", "?", "1".
export function nameOf(event) {
  const letter = event.key.length === 1;
  const key = event.key === " " ? "Space" : letter ? event.key.toUpperCase() : event.key;
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  // Signs such as ? and { carry their Shift already.
  if (event.shiftKey && (!letter || /[A-Z0-9]/.test(key))) parts.push("Shift");
  return [...parts, key].join("+");
}

export function listen(view) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const dialog = document.querySelector("dialog[open]");
    if (dialog) return;
    const name = nameOf(event);
    const typing = isTyping(event.target);
    const here = view();
    for (const binding of bindings) {
      if (!binding.keys.includes(name)) continue;
      if (binding.views && !binding.views.includes(here)) continue;
      if (typing && !binding.whileTyping) continue;
      if (ownKey(event.target, name)) continue;
      if (binding.run(event) === false) continue;
      event.preventDefault();
      return;
    }
  });
}

// Enter and Space press a focused button or link, arrows move a slider: those keys stay theirs.
function ownKey(target, name) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches("button, a[href], summary, [role=radio], [role=tab]")) return name === "Enter" || name === "Space";
  if (target.matches("input[type=range]")) return /^(Arrow|Page|Home|End)/.test(name);
  if (target.matches("input[type=checkbox], input[type=radio]")) return name === "Space" || name.startsWith("Arrow");
  return false;
}
