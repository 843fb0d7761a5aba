// The threshold of a class: a slider over the histogram of the whole folder's scores, and how precise it is by the decisions so far.

import { changeClass } from "./actions.js";
import { el, show, svg } from "./dom.js";
import { clamp } from "./geometry.js";
import { drawHistogram } from "./histogram.js";
import { counted } from "./words.js";
import { chosenClass, emit, loadRanking, on, store } from "./store.js";

export class ThresholdPanel {
  constructor() {
    this.chart = svg("svg", { class: "histogram", role: "img" });
    this.slider = el("input", {
      type: "range", min: 0, max: 1, step: 0.005, id: "threshold", "aria-label": "Threshold of the class",
      oninput: () => this.moved(Number(this.slider.value)), onchange: () => this.save(),
    });
    this.number = el("input", {
      type: "number", min: 0, max: 1, step: 0.01, "aria-label": "Threshold as a number",
      onchange: () => { this.moved(clamp(Number(this.number.value), 0, 1)); this.save(); },
    });
    this.found = el("p", { class: "found", "aria-live": "polite" });
    this.precision = el("p", { class: "dim" });
    this.nothing = el("p", { class: "nothing" });
    this.element = el("div", { class: "threshold-panel" },
      el("div", { class: "section-head" }, el("h3", { class: "section-title" }, "Threshold"), el("span", {}, el("kbd", {}, "["), " ", el("kbd", {}, "]"), " ", this.number)),
      el("div", { class: "histogram-frame" }, this.chart, this.slider),
      el("div", { class: "legend" }, key("open", "open"), key("accepted", "accepted"), key("rejected", "rejected")),
      this.found, this.nothing, this.precision);
    on("ranking", (id) => {
      if (id === store.classId) this.drawRanking();
    });
  }

  // While the person moves it, answers about the saved threshold are not drawn.
  get isMoving() {
    return this.trying !== undefined;
  }

  draw(each) {
    this.each = each;
    if (!this.isMoving) this.showValue(each.threshold);
    this.drawRanking();
  }

  showValue(value) {
    this.slider.value = value;
    this.number.value = value.toFixed(2);
    this.slider.setAttribute("aria-valuetext", value.toFixed(2));
  }

  drawRanking() {
    const ranking = store.rankings.get(this.each?.id);
    if (!ranking) {
      show(this.chart);
      for (const line of [this.found, this.precision, this.nothing]) line.textContent = "";
      return;
    }
    const { open, accepted, rejected } = ranking.histogram;
    const bins = open.map((count, index) => ({ open: count, accepted: accepted[index], rejected: rejected[index] }));
    const threshold = this.trying ?? this.each.threshold;
    drawHistogram(this.chart, bins, threshold);
    const withAny = ranking.withAny ?? ranking.pictures.filter((each) => each.count > 0).length;
    const text = `${ranking.total} open in ${counted(withAny, "picture")}`;
    const failed = store.project?.progress?.failed ?? 0;
    this.found.textContent = ranking.of && ranking.encoded + failed < ranking.of ? `${text}, of ${ranking.encoded} encoded so far` : text;
    this.chart.setAttribute("aria-label", `Scores of the folder: ${text} at ${threshold.toFixed(2)}`);
    this.nothing.textContent = ranking.nothingHere ?? "";
    this.precision.textContent = this.precisionText(ranking.precision);
  }

  precisionText(estimate) {
    const { accepted = 0, rejected = 0 } = this.each;
    const counts = `${accepted} accepted, ${rejected} rejected`;
    if (!estimate) return `${counts}. Decide some to see how precise this threshold is.`;
    const percent = (share) => Math.round(share * 100);
    return `About ${percent(estimate.value)} % right here (${percent(estimate.low)}–${percent(estimate.high)} %), by ${counted(estimate.decisions, "decision")}: ${counts}.`;
  }

  // The slider moves: the folder is asked with the newest value only, as often as it answers.
  moved(value) {
    this.trying = value;
    this.showValue(value);
    this.drawRanking();
    if (this.asking) return;
    this.asking = this.ask().finally(() => {
      this.asking = null;
      if (this.trying !== undefined && this.trying !== this.answered) this.moved(this.trying);
    });
  }

  async ask() {
    const value = this.trying;
    await loadRanking(this.each.id, { threshold: value }).catch(() => {});
    this.answered = value;
  }

  async save() {
    clearTimeout(this.timer);
    if (!this.isMoving) return;
    const value = this.trying;
    const answer = await changeClass(chosenClass(), { threshold: value });
    if (this.trying === value) this.trying = undefined;
    this.showValue(answer?.class?.threshold ?? chosenClass().threshold);
    await loadRanking(this.each.id).catch(() => {});
    emit("scores", [this.each.id]);
  }

  // The keys [ and ]: saved when they rest.
  nudge(step) {
    if (!this.each) return;
    const value = clamp(Math.round(((this.trying ?? this.each.threshold) + step) * 1000) / 1000, 0, 1);
    this.moved(value);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), 350);
  }
}

const key = (kind, text) => el("span", {}, el("i", { class: `swatch ${kind}` }), text);
