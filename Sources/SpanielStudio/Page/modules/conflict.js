// Two tabs: a change that met a newer state is said, with a way to go on.

import { dialog } from "./dialog.js";
import { el } from "./dom.js";
import { emit, loadPicture, loadProject, nameOf, store } from "./store.js";

// Resolves to the version to send again with, or to null to leave things as they are now.
export async function resolveConflict(problem) {
  const { current, revision } = problem.body;
  if (revision) store.revision = Math.max(store.revision, revision);
  await reload(current);
  if (problem.code === "decision.made") {
    await dialog({
      title: "Decided already",
      content: [el("p", {}, problem.message)],
      buttons: [{ label: "Show what is open now", value: "ok", main: true }],
    });
    emit("scores", []);
    return null;
  }
  const version = current?.version ?? null;
  const again = version !== null || revision !== undefined;
  const gone = current === null && revision === undefined;
  const answer = await dialog({
    title: "Changed in another tab",
    content: [
      el("p", {}, problem.message),
      current?.class && el("p", { class: "dim" }, `It is now: ${nameOf(current.class)}, box ${current.box.map(Math.round).join(", ")}.`),
      gone && el("p", { class: "dim" }, "It has been deleted there. Undo brings it back."),
    ],
    buttons: [
      { label: "Keep what is there now", value: "keep", main: true },
      ...(again ? [{ label: "Do mine all the same", value: "again" }] : []),
    ],
  });
  return answer === "again" ? version ?? revision : null;
}

async function reload(current) {
  await loadProject().catch(() => {});
  if (current?.picture) await loadPicture(current.picture).catch(() => {});
  else if (current?.id && store.details.has(current.id)) await loadPicture(current.id).catch(() => {});
}
