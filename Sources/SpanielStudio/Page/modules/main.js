// Starts the page: the session, what is known, the views, the keys.

import { trouble } from "./announce.js";
import { redo, undo } from "./actions.js";
import { startSession } from "./api.js";
import { bindKeys } from "./key-table.js";
import { startClassPanel } from "./class-panel.js";
import { startClasses } from "./classes-list.js";
import { byId } from "./dom.js";
import { editor, startEditor } from "./editor/editor.js";
import { evaluateDialog } from "./evaluate.js";
import { listenToServer, setOnScreen } from "./events.js";
import { exportDialog, importDialog } from "./export.js";
import { startFilters } from "./filters.js";
import { startGallery } from "./gallery.js";
import { showHelp } from "./help.js";
import { lightTable, startLightTable } from "./light-table.js";
import { startProgress } from "./progress.js";
import { startReview } from "./review.js";
import { loadPictures, loadProject, on, store } from "./store.js";
import { startSummary } from "./summary.js";
import { chooseClassByKey, openInEditor, startViews } from "./views.js";

async function start() {
  try {
    await startSession();
    startFilters();
    startGallery(openInEditor);
    startLightTable();
    startReview();
    startEditor();
    startClasses(chooseClassByKey);
    startClassPanel();
    startProgress();
    startSummary();
    startViews();
    bindKeys();
    buttons();
    setOnScreen((id) => (store.view === "table" && lightTable.page().includes(id)) || (store.view === "editor" && editor.current() === id));
    on("project", drawTop);
    await Promise.all([loadProject(), loadPictures()]);
    listenToServer();
  } catch (problem) {
    if (problem.status !== 401) trouble("start", problem.message);
  }
}

function buttons() {
  const on = (id, run) => byId(id).addEventListener("click", run);
  on("undo", undo);
  on("redo", redo);
  on("export", exportDialog);
  on("import", importDialog);
  on("evaluate", evaluateDialog);
  on("help", showHelp);
}

function drawTop() {
  const { name, folder, canUndo, canRedo, undoLabel, redoLabel, trouble: wrong } = store.project;
  document.title = `${name} – Spaniel`;
  byId("folder-name").textContent = name;
  byId("folder-name").title = folder;
  byId("undo").disabled = !canUndo;
  byId("redo").disabled = !canRedo;
  byId("undo").title = canUndo ? `Undo: ${undoLabel} (Ctrl+Z)` : "Nothing to undo";
  byId("redo").title = canRedo ? `Redo: ${redoLabel} (Ctrl+Shift+Z)` : "Nothing to do again";
  if (wrong) trouble(wrong.code.split(".")[0], wrong.message);
}

start();
