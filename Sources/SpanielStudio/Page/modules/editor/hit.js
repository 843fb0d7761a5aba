// What lies under a point of the picture.

import { area, contains } from "../geometry.js";

// The smallest object whose box holds the point, annotations before suggestions of the same size: { kind, object } or null.
export function objectAt(picture, point) {
  if (!picture) return null;
  const all = [
    ...picture.objects.map((object) => ({ kind: "annotation", object })),
    ...picture.open.map((object) => ({ kind: "suggestion", object })),
  ].filter(({ object }) => contains(object.box, point));
  return all.sort((a, b) => area(a.object.box) - area(b.object.box))[0] ?? null;
}
