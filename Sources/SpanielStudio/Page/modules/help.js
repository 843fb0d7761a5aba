// The keys and what they do, from the same table that binds them.

import { dialog } from "./dialog.js";
import { el } from "./dom.js";
import { allBindings } from "./keys.js";

const signs = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", PageUp: "PgUp", PageDown: "PgDn", Escape: "Esc", Delete: "Del", Backspace: "⌫" };

const shown = (key) => key.split("+").map((part) => signs[part] ?? part).join("+") || key;

export function showHelp() {
  const groups = new Map();
  for (const { group, keys, what } of allBindings()) {
    if (!what) continue;
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push([keys, what]);
  }
  return dialog({
    title: "Keys",
    wide: true,
    large: true,
    content: [el("div", { class: "help-columns" }, [...groups].map(([group, rows]) => el("section", { class: rows.length > 12 ? "long" : "" },
      el("h3", {}, group),
      el("dl", {}, rows.flatMap(([keys, what]) => [
        el("dt", {}, keys.slice(0, 4).flatMap((key, index) => [index > 0 && " ", el("kbd", {}, key === "+" ? key : shown(key))])), el("dd", {}, what)])))))],
    buttons: [{ label: "Close", value: "close", main: true }],
  });
}
