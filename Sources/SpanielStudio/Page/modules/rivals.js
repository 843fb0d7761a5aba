// Which suggestions of a picture stand back at first: those that a drawn object covers, and those that a better one covers.

import { area, overlap } from "./geometry.js";
import { classOf } from "./store.js";

const SAME = 0.5; // IoU of two boxes around one thing
const PART = 0.7; // share of a box inside another that makes it a part of it

// The ids of the suggestions that stand back. `classes` are those chosen here, suggestion → class.
export function standingBack(picture, classes) {
  const back = new Set();
  const kept = picture.objects.map((object) => object.box);
  const best = [...picture.open].sort((a, b) => margin(b) - margin(a));
  for (const suggestion of best) {
    const chosen = classes.has(suggestion.id);
    if (!chosen && kept.some((box) => overlap(box, suggestion.box) > SAME || nested(box, suggestion.box))) back.add(suggestion.id);
    else kept.push(suggestion.box);
  }
  return back;
}

function nested(a, b) {
  const shared = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  return shared > PART * Math.min(area(a), area(b));
}

// How far above its class's threshold a score is, so that classes can be compared.
function margin({ score, class: id }) {
  return logit(score) - logit(classOf(id)?.threshold ?? 0.5);
}

function logit(score) {
  const inside = Math.min(0.999, Math.max(0.001, score));
  return Math.log(inside / (1 - inside));
}

// The suggestion that a drawn box corrects, or null.
export function correctedBy(picture, box) {
  const found = picture.open.map((each) => [overlap(each.box, box), each]).sort((a, b) => b[0] - a[0])[0];
  return found && found[0] >= 0.25 ? found[1] : null;
}
