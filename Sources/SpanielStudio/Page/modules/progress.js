// How far the encoding is, and the long searches, in the bar above.

import { cancelJob } from "./actions.js";
import { post } from "./api.js";
import { byId } from "./dom.js";
import { emit, nameOf, on, store } from "./store.js";

export function startProgress() {
  on("project", draw);
  on("progress", draw);
  on("job", draw);
  byId("progress-pause").addEventListener("click", async () => {
    const job = runningJob();
    if (job) return cancelJob(job);
    const progress = await post("/encoding", { paused: !store.project.progress.paused });
    store.project.progress = progress;
    emit("progress", progress);
  });
}

const runningJob = () => store.project?.jobs?.find((job) => job.state === "running") ?? null;

function draw() {
  const progress = store.project?.progress;
  if (!progress) return;
  const job = runningJob();
  const { encoded, total, failed, paused, secondsLeft } = progress;
  const busy = encoded + failed < total;
  byId("progress").hidden = !busy && !job;
  if (job) {
    bar(job.done, job.total, `Searching for ${nameOf(job.class)}: ${job.done} of ${job.total}, ${job.found} found${left(job.secondsLeft)}`, "Stop");
  } else if (busy) {
    bar(encoded, total, `${encoded} of ${total} encoded${paused ? ", paused" : left(secondsLeft)}`, paused ? "Go on" : "Pause");
  }
}

function bar(done, total, text, button) {
  byId("progress-track").setAttribute("aria-valuemax", total);
  byId("progress-track").setAttribute("aria-valuenow", done);
  byId("progress-track").setAttribute("aria-valuetext", text);
  byId("progress-bar").style.width = `${total > 0 ? 100 * done / total : 0}%`;
  byId("progress-text").textContent = text;
  byId("progress-text").title = text;
  byId("progress-pause").textContent = button;
}

export function left(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 60) return `, ${Math.max(1, Math.round(seconds))} s left`;
  if (seconds < 3600) return `, ${Math.round(seconds / 60)} min left`;
  return `, ${(seconds / 3600).toFixed(1)} h left`;
}
