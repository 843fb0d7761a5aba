// Learning while labelling: after decisions, what has grown is learnt, if the person said so.

import { post } from "./api.js";
import { emit, loadProject, store } from "./store.js";

let running = null;

// One run at a time, in the background: no change waits for it.
export function learnAsIGo() {
  if (!store.options.learns) return null;
  running ??= run().finally(() => {
    running = null;
    document.body.classList.remove("learning");
  });
  return running;
}

async function run() {
  document.body.classList.add("learning");
  await post("/learn").catch(() => null); // too few decisions, or busy: it is tried again after the next ones
  await loadProject();
  emit("scores", []);
}
