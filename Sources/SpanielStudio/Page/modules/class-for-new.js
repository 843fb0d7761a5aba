// Which class a new object gets: the model's guess where it has one, else the chosen class, else the person is asked.

import { addClass } from "./actions.js";
import { post } from "./api.js";
import { askText } from "./dialog.js";
import { chooseClass, classes, store } from "./store.js";

// With one class there is nothing to guess.
export async function classForNew(pictureId, box) {
  if (classes().length > 1 && store.options.guess !== false && box) {
    const guess = await post(`/pictures/${pictureId}/guess`, { box }).catch(() => null);
    if (guess?.classes?.length > 0) return guess.classes[0].class;
  }
  return store.classId ?? firstClass();
}

export async function firstClass() {
  const name = await askText("What is this?", "The class's name");
  if (!name) return null;
  const made = await addClass(name);
  if (made) chooseClass(made.id);
  return made?.id ?? null;
}
