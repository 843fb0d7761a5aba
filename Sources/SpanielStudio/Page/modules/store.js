// What the page knows: the project, the pictures, and what the person looks at. Views listen and draw; actions write.

import { address, get } from "./api.js";

export const store = {
  project: null,
  pictures: [], // summaries, by name
  byId: new Map(), // id → summary
  details: new Map(), // id → Picture, of those that were opened
  rankings: new Map(), // class id → Ranking, as last asked
  classId: null, // the chosen class
  view: "gallery",
  revision: 0,
  options: { masks: false, examples: false, duplicates: true, snap: false, learns: false },
};

const listeners = new Map();

// Topics: project, pictures (the list), picture (id), class (the choice), ranking (class id), view, options.
export function on(topic, listener) {
  if (!listeners.has(topic)) listeners.set(topic, []);
  listeners.get(topic).push(listener);
}

export function emit(topic, value) {
  for (const listener of listeners.get(topic) ?? []) listener(value);
}

export const classes = () => store.project?.classes ?? [];
export const classOf = (id) => classes().find((each) => each.id === id) ?? null;
export const chosenClass = () => classOf(store.classId);
export const colourOf = (id) => classOf(id)?.color ?? "#808890";
export const nameOf = (id) => classOf(id)?.name ?? "?";

export function chooseClass(id) {
  if (store.classId === id) return;
  store.classId = id;
  emit("class", id);
}

export function setOption(name, value) {
  store.options[name] = value;
  emit("options", name);
}

export async function loadProject() {
  const project = await get("/project");
  store.project = project;
  store.revision = Math.max(store.revision, project.revision);
  if (!classOf(store.classId)) {
    store.classId = project.classes[0]?.id ?? null;
    emit("class", store.classId);
  }
  emit("project");
}

export async function loadPictures() {
  const { pictures } = await get("/pictures");
  store.pictures = pictures;
  store.byId = new Map(pictures.map((picture) => [picture.id, picture]));
  emit("pictures");
}

// A summary that came with an answer or an event.
export function takeSummary(summary) {
  const known = store.byId.get(summary.id);
  if (known) {
    if (summary.version < known.version) return;
    Object.assign(known, summary);
    emit("picture", summary.id);
  } else {
    store.pictures.push(summary);
    store.byId.set(summary.id, summary);
    emit("pictures");
  }
}

// A whole picture: the summary is its part.
export function takePicture(picture) {
  store.details.set(picture.id, picture);
  const { objects, open, duplicates, ...summary } = picture;
  takeSummary(summary);
}

export async function loadPicture(id) {
  const picture = await get(`/pictures/${id}`);
  takePicture(picture);
  return picture;
}

export function takeRevision(revision) {
  if (revision > store.revision) store.revision = revision;
}

// The newest question about a class wins: an answer to an older one is dropped.
let asked = 0;

export async function loadRanking(id, { threshold = null, words = null } = {}) {
  asked += 1;
  const mine = asked;
  const ranking = await get(address(`/classes/${id}/ranking`, { threshold, words }));
  if (mine !== asked) return null;
  ranking.scores = new Map(ranking.pictures.map((each) => [each.id, each.score]));
  store.rankings.set(id, ranking);
  emit("ranking", id);
  return ranking;
}
