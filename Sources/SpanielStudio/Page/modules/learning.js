// Learning while labelling: after decisions, the classes that changed are learnt and their thresholds fitted, if the person said so.

import { change } from "./actions.js";
import { post } from "./api.js";
import { classes, emit, loadProject, store } from "./store.js";

const known = new Map(); // class → decisions and boxes at the last learning
let running = null;

// Learns what has grown by a few since the last time; one run at a time, in the background.
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
  await loadProject();
  for (const { id, accepted, rejected, annotations, mayFit, mayLearn } of [...classes()]) {
    const size = (accepted ?? 0) + (rejected ?? 0) + (annotations ?? 0);
    if (size < (known.get(id) ?? 0) + 3) continue;
    known.set(id, size);
    if (mayLearn) await quietly(() => post(`/classes/${id}/learn`, { automatic: true }));
    if (mayFit) await quietly(() => post(`/classes/${id}/fit`, { automatic: true }));
  }
  await loadProject();
  emit("scores", []);
}

// Too few decisions, or busy: it is tried again after the next ones.
function quietly(send) {
  return change(() => send().catch(() => null));
}
