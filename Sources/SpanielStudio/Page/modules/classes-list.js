// The classes on the left: colour, number key, name, how many; a click chooses.

import { addClass, changeClass, deleteClass } from "./actions.js";
import { askText, dialog } from "./dialog.js";
import { byId, el, show } from "./dom.js";
import { dot } from "./gallery.js";
import { chooseClass, chosenClass, classes, on, store } from "./store.js";

export function startClasses(choose) {
  byId("new-class").addEventListener("click", newClass);
  on("project", () => draw(choose));
  on("class", () => draw(choose));
}

function draw(choose) {
  const list = byId("classes");
  if (classes().length === 0) {
    show(list, el("li", { class: "dim first-class" }, "None yet. Make one (N), or draw a box: you are asked what it is."));
    return;
  }
  show(list, classes().map((each) => el("li", {}, el("button", {
    class: "quiet class-row", "aria-current": each.id === store.classId ? "true" : null, onclick: () => choose(each), "data-class": each.id,
  }, dot(each.color), el("span", { class: "class-name" }, each.name), el("span", { class: "dim number", title: "Boxes" }, String(each.annotations ?? 0)),
  each.key && el("kbd", {}, each.key)))));
}

export async function newClass() {
  const name = await askText("New class", "Name", "", (text) =>
    classes().some((each) => each.name === text) ? "There is a class of this name." : true);
  if (!name) return;
  const made = await addClass(name);
  if (made) chooseClass(made.id);
}

// Name, colour, key and place of a class; a name that exists already merges the two.
export async function editClass(each = chosenClass()) {
  if (!each) return;
  const name = el("input", { type: "text", value: each.name, autofocus: true, autocomplete: "off" });
  const colour = el("input", { type: "color", value: each.color });
  const key = el("select", {}, ["", ..."123456789"].map((digit) => el("option", { value: digit, selected: digit === (each.key ?? "") }, digit || "none")));
  const place = el("input", { type: "number", min: 0, max: classes().length - 1, value: classes().findIndex((other) => other.id === each.id) });
  const answer = await dialog({
    title: `The class ${each.name}`,
    content: [
      el("label", { class: "field" }, "Name; the name of another class merges this one into it", name),
      el("div", { class: "fields" },
        el("label", { class: "field" }, "Colour", colour),
        el("label", { class: "field" }, "Number key", key),
        el("label", { class: "field", title: "Trainers number classes by their place" }, "Place", place)),
    ],
    buttons: [
      { label: "Delete the class …", value: "delete", danger: true },
      { label: "Cancel", value: "cancel" }, { label: "Save", value: "save", main: true },
    ],
    submit: () => (name.value.trim() ? true : "A name is missing."),
  });
  if (answer === "delete") return removeClass(each);
  if (answer !== "save") return;
  const other = classes().find((one) => one.name === name.value.trim() && one.id !== each.id);
  if (other) return mergeClass(each, other);
  await changeClass(each, { name: name.value.trim(), color: colour.value, key: key.value || null, place: Number(place.value) });
}

async function mergeClass(each, other) {
  const answer = await dialog({
    title: `Merge ${each.name} into ${other.name}?`,
    content: [el("p", {}, `Its ${each.annotations ?? 0} boxes, its prompts and its decisions become those of ${other.name}. Undo takes it back.`)],
    buttons: [{ label: "Cancel", value: "cancel" }, { label: "Merge", value: "merge", main: true }],
  });
  if (answer !== "merge") return;
  if (await deleteClass(each, other.id)) chooseClass(other.id);
}

async function removeClass(each) {
  const answer = await dialog({
    title: `Delete ${each.name}?`,
    content: [el("p", {}, `Its ${each.annotations ?? 0} boxes, its prompts and its decisions go with it. Undo brings them back.`)],
    buttons: [{ label: "Cancel", value: "cancel" }, { label: "Delete", value: "delete", main: true, danger: true }],
  });
  if (answer === "delete") await deleteClass(each);
}
