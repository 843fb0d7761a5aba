// The folder in figures, below the filters.

import { byId, el, show } from "./dom.js";
import { counted } from "./words.js";
import { on, store } from "./store.js";

export function startSummary() {
  on("project", draw);
  on("pictures", draw);
  on("picture", draw);
}

let drawing = 0;

function draw() {
  drawing ||= requestAnimationFrame(() => {
    drawing = 0;
    if (!store.project) return;
    const { models = {}, counts = {} } = store.project;
    const reviewed = store.pictures.filter((picture) => picture.reviewed).length;
    const boxes = store.pictures.reduce((sum, picture) => sum + picture.annotations, 0);
    const failed = store.pictures.filter((picture) => picture.state === "failed").length;
    const line = (text) => el("div", {}, text);
    show(byId("summary"),
      line(`${reviewed} of ${store.pictures.length} reviewed · ${counted(boxes, "box", "boxes")}`),
      failed > 0 && line(`${failed} cannot be decoded`),
      counts.groups > 0 && line(`${counted(counts.groups, "group")} of near-duplicates`),
      line([...new Set([models.detect, models.mask].filter(Boolean))].join(", ") || "no model"),
      line("Every key is saved at once."));
  });
}
