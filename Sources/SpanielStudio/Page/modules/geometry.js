// Boxes are [x1, y1, x2, y2] and rings [[x, y], …], in pixels of the picture as displayed, origin top left.
// An object's outline is a list of parts; a part is a list of rings, the outer one first, then its holes.

export function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

// The box between two corners in any order, cut to the picture.
export function boxBetween([ax, ay], [bx, by], { width, height }) {
  return [
    clamp(Math.min(ax, bx), 0, width), clamp(Math.min(ay, by), 0, height),
    clamp(Math.max(ax, bx), 0, width), clamp(Math.max(ay, by), 0, height),
  ];
}

export function area([x1, y1, x2, y2]) {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}

export function overlap(a, b) {
  const shared = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  const union = area(a) + area(b) - shared;
  return union > 0 ? shared / union : 0;
}

export function contains([x1, y1, x2, y2], [x, y]) {
  return x >= x1 && x <= x2 && y >= y1 && y <= y2;
}

// A box with a margin around it, cut to the picture.
export function grown([x1, y1, x2, y2], share, { width, height }) {
  const x = (x2 - x1) * share;
  const y = (y2 - y1) * share;
  return [Math.max(0, x1 - x), Math.max(0, y1 - y), Math.min(width, x2 + x), Math.min(height, y2 + y)];
}

export function boxOfParts(parts) {
  const points = parts.flat(2);
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

// SVG's path of all rings; holes are holes by the even-odd rule.
export function pathOfParts(parts) {
  return parts.flat().map((ring) => `M${ring.map(([x, y]) => `${round(x)} ${round(y)}`).join("L")}Z`).join("");
}

export function round(value) {
  return Math.round(value * 100) / 100;
}

// The ring with fewer corners: Douglas and Peucker's, run on both halves so that a closed ring stays closed.
export function simplified(ring, tolerance) {
  if (ring.length < 5) return ring;
  let far = 0;
  ring.forEach((point, index) => {
    if (distance(point, ring[0]) > distance(ring[far], ring[0])) far = index;
  });
  const there = simplifiedLine(ring.slice(0, far + 1), tolerance);
  const back = simplifiedLine([...ring.slice(far), ring[0]], tolerance);
  const result = [...there.slice(0, -1), ...back.slice(0, -1)];
  return result.length >= 3 ? result : ring;
}

function simplifiedLine(points, tolerance) {
  const keep = new Uint8Array(points.length);
  keep[0] = keep[points.length - 1] = 1;
  const todo = [[0, points.length - 1]];
  while (todo.length > 0) {
    const [first, last] = todo.pop();
    let worst = tolerance;
    let at = -1;
    for (let index = first + 1; index < last; index += 1) {
      const off = distanceToSegment(points[index], points[first], points[last]);
      if (off > worst) [worst, at] = [off, index];
    }
    if (at < 0) continue;
    keep[at] = 1;
    todo.push([first, at], [at, last]);
  }
  return points.filter((_, index) => keep[index]);
}

export function distance([ax, ay], [bx, by]) {
  return Math.hypot(ax - bx, ay - by);
}

export function distanceToSegment(point, a, b) {
  return distance(point, nearestOnSegment(point, a, b));
}

export function nearestOnSegment([x, y], [ax, ay], [bx, by]) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const t = length > 0 ? clamp(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0, 1) : 0;
  return [ax + t * (bx - ax), ay + t * (by - ay)];
}

export function ringContains(ring, [x, y]) {
  let within = false;
  ring.forEach(([ax, ay], index) => {
    const [bx, by] = ring[(index + 1) % ring.length];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  });
  return within;
}
