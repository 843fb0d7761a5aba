// The server's events: what was encoded, what changed (in another tab too), and what is wrong.

import { clearTrouble, trouble } from "./announce.js";
import { emit, loadPicture, loadPictures, loadProject, store, takeRevision, takeSummary } from "./store.js";

const PAUSE = 3000; // ms before a refused connection is tried again

export function listenToServer() {
  const source = new EventSource("/api/events");
  const on = (name, run) => source.addEventListener(name, (event) => run(JSON.parse(event.data)));

  on("hello", async ({ revision }) => {
    clearTrouble("server");
    if (revision === store.revision) return;
    await Promise.all([loadProject(), loadPictures()]);
    for (const id of store.details.keys()) refreshPicture(id);
  });
  on("progress", (progress) => {
    if (store.project) store.project.progress = progress;
    emit("progress", progress);
  });
  on("picture", takeSummary);
  on("change", ({ revision, pictures, classes }) => {
    takeRevision(revision);
    for (const id of pictures) if (store.details.has(id)) refreshPicture(id);
    projectLater(classes);
  });
  on("scores", ({ classes }) => emit("scores", classes));
  on("job", (job) => {
    if (store.project) {
      const others = store.project.jobs.filter((each) => each.id !== job.id);
      store.project.jobs = [...others, job];
    }
    emit("job", job);
  });
  on("trouble", ({ code, message }) => {
    if (code === null) for (const kind of ["disk", "folder"]) clearTrouble(kind);
    else trouble(code.split(".")[0], message);
  });
  on("bye", () => {
    trouble("server", "The server has ended. Everything is saved; start it again with `spaniel label` to go on.");
  });
  source.addEventListener("error", () => {
    if (leaving) return;
    trouble("server", "The connection to the server is lost. Nothing that was saved is lost; this page tries again by itself.");
    // The browser itself tries again unless it was refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(listenToServer, PAUSE);
  });
}

let leaving = false;
addEventListener("pagehide", () => { leaving = true; });

let projectTimer = null;

// Several changes in a row ask for the project once.
function projectLater(classes) {
  if (projectTimer) return;
  projectTimer = setTimeout(async () => {
    projectTimer = null;
    await loadProject().catch(() => {});
    if (classes) emit("scores", []);
  }, 60);
}

const pending = new Set();

// Only what is on the screen is asked for again; the rest is forgotten until it is opened.
function refreshPicture(id) {
  if (!onScreen(id)) {
    store.details.delete(id);
    return;
  }
  if (pending.has(id)) return;
  pending.add(id);
  setTimeout(() => {
    pending.delete(id);
    loadPicture(id).catch(() => {});
  }, 30);
}

let onScreen = () => true;

export function setOnScreen(test) {
  onScreen = test;
}
