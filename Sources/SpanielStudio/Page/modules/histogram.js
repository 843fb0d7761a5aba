// The scores of a class as bars, with what was accepted and rejected marked, and the threshold over them.

import { svg, show } from "./dom.js";
import { clamp } from "./geometry.js";

const WIDTH = 240;
const HEIGHT = 64;
const BINS = 40;

// `items` have a score in 0…1 and a decision: "accepted", "rejected" or anything else.
export function binned(items, bins = BINS) {
  const counts = Array.from({ length: bins }, () => ({ accepted: 0, rejected: 0, open: 0 }));
  for (const { score, decision } of items) {
    const bin = counts[clamp(Math.floor(score * bins), 0, bins - 1)];
    bin[decision === "accepted" || decision === "rejected" ? decision : "open"] += 1;
  }
  return counts;
}

// Draws bins into an <svg>; bars below the threshold are dim. The root of the count keeps rare scores visible.
export function drawHistogram(element, bins, threshold) {
  element.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  element.setAttribute("preserveAspectRatio", "none");
  const most = Math.max(1, ...bins.map((bin) => bin.open + bin.accepted + bin.rejected));
  const scale = (HEIGHT - 4) / Math.sqrt(most);
  const width = WIDTH / bins.length;
  const bars = bins.flatMap((bin, index) => {
    const total = bin.open + bin.accepted + bin.rejected;
    if (total === 0) return [];
    const height = Math.max(2, Math.sqrt(total) * scale);
    let y = HEIGHT;
    const dim = (index + 1) / bins.length <= threshold ? " dim" : "";
    return ["rejected", "accepted", "open"].flatMap((kind) => {
      if (bin[kind] === 0) return [];
      const part = height * bin[kind] / total;
      y -= part;
      return [svg("rect", { class: `bar ${kind}${dim}`, x: index * width + 0.5, y, width: width - 1, height: part })];
    });
  });
  const at = threshold * WIDTH;
  show(element, bars, svg("line", { class: "threshold", x1: at, x2: at, y1: 0, y2: HEIGHT }));
}
