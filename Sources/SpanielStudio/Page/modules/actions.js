// What the person does to the project. Each is one request and one step of the history; conflicts with another tab are asked about.

import { say, trouble } from "./announce.js";
import { patch, post, put, remove } from "./api.js";
import { resolveConflict } from "./conflict.js";
import { percent } from "./words.js";
import { classOf, emit, loadPicture, loadProject, loadRanking, nameOf, store, takePicture, takeRevision, takeSummary } from "./store.js";

let queue = Promise.resolve();

// Changes go out one after another, in the order of the keys. Resolves to the answer, or to null when it was not done.
export function change(send, { version = null } = {}) {
  const run = async () => {
    let known = version;
    do {
      try {
        return take(await send(known));
      } catch (problem) {
        if (!problem.isConflict) {
          // A lost server and a full disk are said in a banner already.
          if (problem.status !== 0 && problem.status !== 507) say(problem.message ?? String(problem));
          return null;
        }
        known = await resolveConflict(problem);
      }
    } while (known !== null);
    return null;
  };
  const result = queue.then(run);
  queue = result.catch(() => {});
  return result;
}

// Whether every change was acknowledged.
export const settled = () => queue;

function take(answer) {
  if (!answer) return answer;
  if (answer.revision) takeRevision(answer.revision);
  if (answer.picture) takePicture(answer.picture);
  for (const picture of answer.pictures ?? []) takeSummary(picture);
  if (answer.class && store.project) {
    const place = store.project.classes.findIndex((each) => each.id === answer.class.id);
    if (place >= 0) store.project.classes[place] = answer.class;
    else store.project.classes.push(answer.class);
    emit("project");
  }
  return answer;
}

export function addAnnotation(pictureId, classId, shape, example = store.options.examples) {
  return change(() => post(`/pictures/${pictureId}/annotations`, { class: classId, shape, example }));
}

export async function changeAnnotation(annotation, { classId = annotation.class, shape = annotation.shape ?? { box: annotation.box } }) {
  const answer = await change(
    (version) => put(`/annotations/${annotation.id}`, { class: classId, shape: sendable(shape) }, version),
    { version: annotation.version });
  if (answer && classId !== annotation.class) await moveExample(annotation, classId);
  return answer;
}

// What was an example of its old class is one of its new class.
async function moveExample(annotation, classId) {
  await loadProject();
  const same = ({ kind, picture, box }) => kind === "example" && picture === annotation.picture
    && box?.every((edge, index) => Math.abs(edge - annotation.box[index]) < 0.5);
  const old = classOf(annotation.class)?.prompts.find(same);
  if (!old) return;
  await deletePrompt(annotation.class, old);
  await addPrompt(classId, { kind: "example", annotation: annotation.id, negative: old.negative });
}

export function deleteAnnotation(annotation) {
  return change((version) => remove(`/annotations/${annotation.id}`, version), { version: annotation.version });
}

// A shape as requests take it: exactly one of its three forms.
export function sendable(shape) {
  if (shape.mask) return { mask: shape.mask };
  return shape.polygons ? { polygons: shape.polygons } : { box: shape.box };
}

// `decisions` are [{ suggestion, verdict, class?, shape? }]. `ifGone` is called instead of asking where a suggestion is
// no longer open, such as after its class's prompts changed.
export async function decide(decisions, { example = false, reviewed = [], ifGone = null } = {}) {
  const { masks, duplicates } = store.options;
  const body = { decisions, masks, duplicates, example, ...(reviewed.length > 0 ? { reviewed } : {}) };
  let isGone = false;
  const answer = await change(() => post("/decisions", body).catch((problem) => {
    if (!ifGone || !problem.isConflict) throw problem;
    isGone = true;
    return null;
  }));
  if (isGone) return ifGone();
  if (answer) {
    const decided = new Set(answer.decided);
    for (const picture of store.details.values()) {
      if (picture.open?.some((each) => decided.has(each.id))) loadPicture(picture.id).catch(() => {});
    }
    refreshRanking();
  }
  return answer;
}

export async function acceptPicture(id) {
  return change(() => post(`/pictures/${id}/decisions`, { masks: store.options.masks }));
}

export function setReviewed(picture, reviewed) {
  return change((version) => patch(`/pictures/${picture.id}`, { reviewed }, version), { version: picture.version });
}

export async function undo() {
  await move("undo", "Undone");
}

export async function redo() {
  await move("redo", "Done again");
}

async function move(way, word) {
  const able = way === "undo" ? store.project?.canUndo : store.project?.canRedo;
  if (able === false) {
    await settled();
    await loadProject();
    if (!(way === "undo" ? store.project.canUndo : store.project.canRedo)) {
      say(way === "undo" ? "Nothing to undo." : "Nothing to do again.");
      return;
    }
  }
  // Asked when its turn comes: changes before it in the queue make the revision grow.
  const answer = await change((version) => post(`/${way}`, {}, version ?? store.revision));
  if (!answer) return;
  if (store.project) Object.assign(store.project, { canUndo: answer.canUndo, canRedo: answer.canRedo });
  for (const { id } of answer.pictures) if (store.details.has(id)) loadPicture(id).catch(() => {});
  await loadProject();
  refreshRanking();
  emit("moved", answer);
  say(`${word}: ${answer.label}`);
}

export async function addClass(name) {
  const answer = await change(() => post("/classes", { name }));
  if (answer) await loadProject();
  return answer?.class ?? null;
}

export function changeClass(each, changes) {
  return change((version) => patch(`/classes/${each.id}`, changes, version), { version: each.version });
}

export async function deleteClass(each, into = null) {
  const answer = await change(
    (version) => remove(`/classes/${each.id}${into ? `?into=${into}` : ""}`, version), { version: each.version });
  if (answer) await loadProject();
  return answer;
}

export async function addPrompt(classId, prompt) {
  const answer = await change(() => post(`/classes/${classId}/prompts`, prompt));
  if (answer) await promptsChanged(classId);
  return answer;
}

export async function changePrompt(classId, prompt, changes) {
  const answer = await change((version) => patch(`/prompts/${prompt.id}`, changes, version), { version: prompt.version });
  if (answer) await promptsChanged(classId);
  return answer;
}

export async function deletePrompt(classId, prompt) {
  const answer = await change((version) => remove(`/prompts/${prompt.id}`, version), { version: prompt.version });
  if (answer) await promptsChanged(classId);
  return answer;
}

async function promptsChanged(classId) {
  await loadProject();
  await loadRanking(classId).catch(() => {});
  emit("scores", [classId]);
}

function refreshRanking() {
  if (store.classId) loadRanking(store.classId).catch(() => {});
}

export async function fit(each) {
  const answer = await change(() => post(`/classes/${each.id}/fit`));
  if (!answer) return;
  say(`The threshold of ${each.name} is now ${answer.class.threshold.toFixed(2)}, which tells accepted from rejected best.`);
  await promptsChanged(each.id);
}

export async function learn(each) {
  say(`Learning ${each.name} from what was decided …`);
  const answer = await change(() => post(`/classes/${each.id}/learn`));
  if (!answer) return;
  const { before, after, used } = answer.learned;
  say(`Held-out quality ${percent(before)} without, ${percent(after)} with what was learnt; it is ${used ? "used from now on" : "not used"}.`);
  await promptsChanged(each.id);
}

export async function find(each) {
  try {
    const job = await post("/find", { class: each.id });
    store.project.jobs = [...store.project.jobs.filter((other) => other.id !== job.id), job];
    emit("job", job);
  } catch (problem) {
    trouble("find", problem.message);
  }
}

export async function cancelJob(job) {
  emit("job", await remove(`/jobs/${job.id}`, null).catch(() => job));
}

// Makes an annotation the example of its class, or something the chosen class must not be taken for.
export async function useAsExample(annotation, negative = false) {
  const classId = negative ? store.classId : annotation.class;
  const answer = await addPrompt(classId, { kind: "example", annotation: annotation.id, negative });
  if (answer) say(negative ? `${nameOf(classId)} will not be taken for this.` : `An example of ${nameOf(classId)}: the folder is ranked by it.`);
}
