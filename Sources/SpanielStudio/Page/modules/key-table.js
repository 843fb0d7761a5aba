// Every key of the page, in one table: what it does, and where.

import { say } from "./announce.js";
import { redo, settled, undo } from "./actions.js";
import { classPanel } from "./class-panel.js";
import { editClass, newClass } from "./classes-list.js";
import { chooseTool, editor, step } from "./editor/editor.js";
import { gallery } from "./gallery.js";
import { exportDialog } from "./export.js";
import { showHelp } from "./help.js";
import { bind, listen } from "./keys.js";
import { acceptPage, lightTable, turnPage } from "./light-table.js";
import { review } from "./review.js";
import { chooseClass, classes, store } from "./store.js";
import { go, openFocused } from "./views.js";

export function bindKeys() {
  everywhere();
  inGallery();
  onLightTable();
  inReview();
  inEditor();
  listen(() => store.view);
}

function everywhere() {
  bind(["G"], "gallery", () => go("gallery"));
  bind(["L"], "light table", () => go("table"));
  bind(["V"], "review; there: sort again", () => go("review"));
  bind(["?"], "these keys", () => { showHelp(); });
  bind(["Ctrl+Z"], "undo", () => { undo(); });
  bind(["Ctrl+Shift+Z", "Ctrl+Y"], "redo", () => { redo(); });
  bind(["1–9"], "the class of what is chosen or pointed at, or of what comes next", () => false);
  for (const digit of "123456789") bind([digit], null, () => number(digit));
  bind(["N"], "new class", () => { newClass(); });
  bind(["Ctrl+E"], "edit the class", () => { editClass(); });
  bind(["/"], "words for the class", () => classPanel.focusWords());
  bind(["[", "]"], "threshold down, up", (event) => classPanel.nudge(event.key === "[" ? -0.01 : 0.01));
  bind(["{", "}"], "the same in large steps", (event) => classPanel.nudge(event.key === "{" ? -0.05 : 0.05));
  bind(["Ctrl+S"], "is everything saved?", async () => { await settled(); say("Everything is saved."); });
  bind(["Ctrl+Shift+E"], "export", () => { exportDialog(); });
}

function number(digit) {
  const each = classes().find((one) => one.key === digit);
  if (!each) return say(`No class has the key ${digit}.`);
  if (store.view === "review") return review.acceptAs(each);
  if (store.view === "table") return lightTable.setClass(each);
  if (store.view === "editor") return editor.setClass(each);
  return chooseClass(each.id);
}

function inGallery() {
  const here = { views: ["gallery"], group: "Gallery" };
  bind(["Enter"], "open the picture", () => gallery.openFocused(), here);
  bind(moves, "move", (event) => gallery.move(event.key), here);
}

const moves = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];

function onLightTable() {
  const here = { views: ["table"], group: "Light table" };
  bind(["Enter"], "accept all shown, mark reviewed, next sheet", () => { acceptPage(); }, here);
  bind(["D", "ArrowRight", "PageDown"], "next sheet", () => turnPage(1), here);
  bind(["A", "ArrowLeft", "PageUp"], "sheet before", () => turnPage(-1), here);
  bind(["Delete", "Backspace", "X"], "delete or reject what is pointed at or was drawn last", () => { lightTable.remove(); }, here);
  bind(["U"], "use it as an example", () => { lightTable.example(false); }, here);
  bind(["Shift+U"], "the class is not this", () => { lightTable.example(true); }, here);
  bind(["+", "="], "larger pictures", () => lightTable.resize(-1), here);
  bind(["-"], "more pictures", () => lightTable.resize(1), here);
  bind(["O"], "open the picture", () => openFocused(), here);
  bind(["Escape"], "choose nothing", () => lightTable.unselect(), here);
}

function inReview() {
  const here = { views: ["review"], group: "Review" };
  bind(["Enter", "Space", "W"], "accept", () => { review.accept(); }, here);
  bind(["X", "S"], "reject", () => { review.reject(); }, here);
  bind(["Shift+Enter", "Shift+W"], "accept it and all better", () => { review.acceptBetter(); }, here);
  bind(["Shift+X", "Shift+S"], "reject it and all worse", () => { review.rejectWorse(); }, here);
  bind(["U"], "accept it as an example", () => { review.example(false); }, here);
  bind(["Shift+U"], "reject it as a negative", () => { review.example(true); }, here);
  bind(["T"], "the threshold just below this one", () => { review.thresholdHere(); }, here);
  bind(["A"], "the one before", () => review.move("ArrowLeft"), here);
  bind(["D"], "the next", () => review.move("ArrowRight"), here);
  bind(moves, "move; Shift chooses several (and a click)", (event) => review.move(event.key), here);
  bind(moves.map((key) => `Shift+${key}`), null, (event) => review.move(event.key, true), here);
  bind(["O"], "open the picture there", () => review.openFocused(), here);
}

function inEditor() {
  const here = { views: ["editor"], group: "Picture" };
  bind(["A"], "picture before", () => step(-1), here);
  bind(["D"], "next picture", () => step(1), here);
  bind(["Shift+A", "Ctrl+Shift+A"], "not reviewed, before", () => step(-1, true), here);
  bind(["Shift+D", "Ctrl+Shift+D"], "not reviewed, next", () => step(1, true), here);
  bind(["Enter", "Space"], "keep what is drawn; accept the chosen, or all and go on", () => { editor.accept(); }, here);
  bind(["X"], "reject the chosen suggestion", () => { editor.reject(); }, here);
  bind(["J", "K"], "next and previous object", (event) => editor.walk(event.key.toUpperCase() === "J" ? 1 : -1), here);
  const tools = { R: ["box", "box"], C: ["click", "click: SAM's outline"], B: ["brush", "brush"], P: ["polygon", "polygon"] };
  for (const [key, [name, what]] of Object.entries(tools)) bind([key], what, () => chooseTool(name), here);
  bind(["E", "Ctrl+J"], "edit", () => chooseTool("select"), here);
  bind(["M"], "SAM's outline of the chosen", () => { editor.mask(); }, here);
  bind(["U"], "use the chosen as an example", () => { editor.example(false); }, here);
  bind(["Shift+U"], "the class is not this", () => { editor.example(true); }, here);
  bind(["Backspace"], "the last corner or click", () => editor.toolKey("Backspace"), here);
  bind(["Delete", "Backspace"], "delete", () => { editor.remove(); }, here);
  bind([",", "."], "brush smaller, larger", (event) => editor.toolKey(event.key), here);
  bind(["I"], "reviewed or not", () => { editor.toggleReviewed(); }, here);
  bind(["T"], "hide and show objects", () => editor.toggleShapes(), here);
  bind(["Ctrl+D"], "duplicate", () => { editor.duplicate(); }, here);
  bind(["Ctrl+C", "Ctrl+V"], "copy, paste into any picture", (event) => (event.key.toLowerCase() === "c" ? editor.copy() : editor.paste()), here);
  bind(["F", "Ctrl+F"], "fit", () => editor.fit(), here);
  bind(["Z"], "one to one", () => editor.actual(), here);
  bind(["+", "=", "-"], "zoom", (event) => editor.zoom(event.key === "-" ? 1 / 1.25 : 1.25), here);
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  bind(["Shift+R"], "a box by keys", () => editor.boxByKeys(), here);
  const arrow = (event) => {
    const [x, y] = arrows[event.key];
    const by = event.shiftKey ? 10 : 1;
    editor.arrow(x * by, y * by, event.altKey);
  };
  const withArrows = (held) => Object.keys(arrows).map((key) => held + key);
  bind([...withArrows(""), ...withArrows("Shift+")], "move the draft or the chosen (Shift: by ten), else the picture", arrow, here);
  bind([...withArrows("Alt+"), ...withArrows("Alt+Shift+")], "make it larger or smaller", arrow, here);
  bind(["Escape"], "drop the draft, the choice, the picture", () => editor.cancel(), here);
}
