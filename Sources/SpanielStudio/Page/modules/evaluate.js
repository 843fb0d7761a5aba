// How good it is: the suggestions against what was reviewed, or the labels against a truth from elsewhere.

import { post } from "./api.js";
import { dialog } from "./dialog.js";
import { el } from "./dom.js";
import { filesFrom } from "./files.js";
import { store } from "./store.js";

export async function evaluateDialog() {
  const formats = store.project.formats.filter((format) => format.reads && !format.isFolder);
  const format = el("select", {}, formats.map((each) => el("option", { value: each.id }, each.title)));
  const input = el("input", { type: "file", "aria-label": "A file of the truth", id: "truth-file" });
  let figures = null;
  const answer = await dialog({
    title: "Evaluate",
    content: [el("div", { class: "stack" },
      el("p", {}, "The suggestions are compared with the labels of the reviewed pictures, by COCO's rules. With a file of the truth, your labels are compared with that instead."),
      el("label", { class: "field" }, "A file of the truth (may be empty)", input),
      el("label", { class: "field" }, "Its format", format))],
    buttons: [{ label: "Cancel", value: "cancel" }, { label: "Evaluate", value: "evaluate", main: true }],
    submit: async () => {
      try {
        figures = await post("/evaluate", input.files.length > 0 ? { truth: await filesFrom(format.value, input.files) } : {});
        return true;
      } catch (problem) {
        return problem.message;
      }
    },
  });
  if (answer === "evaluate") await showFigures(figures);
}

const columns = [["ap50", "AP50"], ["ap75", "AP75"], ["ap", "AP"], ["precision", "Precision"], ["recall", "Recall"], ["f1", "F1"]];

function showFigures({ of, pictures, objects, boxes, masks, classes = [] }) {
  const row = (name, figures) => el("tr", { "data-row": name }, el("td", {}, name), columns.map(([key]) => el("td", { "data-figure": key }, share(figures?.[key]))));
  return dialog({
    title: of === "suggestions" ? "How good the suggestions are" : "How good the labels are",
    wide: true,
    content: [
      el("p", { class: "dim" }, `On ${pictures} pictures with ${objects} objects.`),
      el("table", { class: "figures" },
        el("thead", {}, el("tr", {}, el("th", {}, ""), columns.map(([, title]) => el("th", {}, title)))),
        el("tbody", {}, row("All boxes", boxes), masks && row("All masks", masks), classes.map((each) => row(each.name, each.boxes)))),
      el("p", { class: "dim" }, "Precision, recall and F1 are at the thresholds and IoU 0.5."),
    ],
    buttons: [{ label: "Close", value: "close", main: true }],
  });
}

const share = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));
