// Export: written beside the project file, read back and compared before it is called done. And import.

import { say } from "./announce.js";
import { loadPictures, loadProject, emit, store, takeRevision } from "./store.js";
import { post } from "./api.js";
import { dialog } from "./dialog.js";
import { el, show } from "./dom.js";
import { filesFrom } from "./files.js";

export async function exportDialog() {
  const formats = store.project.formats.filter((format) => format.writes);
  const format = el("select", { name: "format" }, formats.map((each) => el("option", { value: each.id }, each.title)));
  const pictures = el("select", { name: "pictures" },
    [["reviewed", "the reviewed pictures, empty ones too"], ["labelled", "pictures with boxes"], ["all", "all pictures"]]
      .map(([value, text]) => el("option", { value }, text)));
  if (store.pictures.every((picture) => !picture.reviewed)) pictures.value = "labelled";
  const validation = el("input", { type: "number", name: "validation", min: 0, max: 90, step: 5, value: 0 });
  const lines = el("select", { name: "lines" }, [["automatic", "automatic"], ["boxes", "boxes"], ["segments", "outlines"]].map(([value, text]) => el("option", { value }, text)));
  const linesField = el("label", { class: "field" }, "YOLO's lines", lines);
  const place = () => { linesField.hidden = format.value !== "yolo"; };
  format.addEventListener("change", place);
  place();
  let written = null;
  const answer = await dialog({
    title: "Export",
    content: [el("div", { class: "stack" },
      el("label", { class: "field" }, "Format", format),
      el("label", { class: "field" }, "Of", pictures),
      el("label", { class: "field" }, "For validation, in percent; near-duplicates stay together", validation),
      linesField)],
    buttons: [{ label: "Cancel", value: "cancel" }, { label: "Export", value: "export", main: true }],
    submit: async () => {
      try {
        written = await post("/export", {
          format: format.value, pictures: pictures.value, validation: Number(validation.value) / 100, lines: lines.value,
        });
        return true;
      } catch (problem) {
        return problem.message;
      }
    },
  });
  if (answer === "export") await showWritten(written);
}

function showWritten({ place, files, equal, differences = [], notes = [] }) {
  return dialog({
    title: "Exported",
    wide: true,
    content: [
      equal ? el("p", { class: "equal" }, "Written, read back, and found equal.")
        : el("p", { class: "different" }, "Written, but what was read back differs:"),
      !equal && el("ul", { class: "files" }, differences.map((each) => el("li", {}, each))),
      place && el("p", {}, "In ", el("code", {}, place)),
      el("ul", { class: "files" }, files.map((file) => el("li", {}, el("span", {}, file.name),
        el("span", { class: "dim number" }, [file.pictures != null && `${file.pictures} pictures`, file.objects != null && `${file.objects} objects`].filter(Boolean).join(", ")),
        file.download && el("a", { href: file.download.startsWith("/api") ? file.download : `/api${file.download}`, download: file.name }, "Download")))),
      notes.length > 0 && el("p", { class: "dim" }, "What the format cannot hold: ", notes.join(" ")),
    ],
    buttons: [{ label: "Close", value: "close", main: true }],
  });
}

export async function importDialog() {
  const formats = store.project.formats.filter((format) => format.reads);
  const format = el("select", {}, formats.map((each) => el("option", { value: each.id }, each.title)));
  const input = el("input", { type: "file", "aria-label": "The file or folder" });
  const sought = el("p", { class: "dim" });
  const change = () => {
    const each = formats.find((one) => one.id === format.value);
    input.toggleAttribute("webkitdirectory", Boolean(each?.isFolder));
    input.value = "";
    show(sought, each?.sought ? `Looked for: ${each.sought}.` : "", each?.isFolder ? " Choose its folder." : " Choose its file.");
  };
  format.addEventListener("change", change);
  change();
  let read = null;
  const answer = await dialog({
    title: "Import labels",
    content: [el("div", { class: "stack" }, el("label", { class: "field" }, "Format", format), input, sought)],
    buttons: [{ label: "Cancel", value: "cancel" }, { label: "Import", value: "import", main: true }],
    submit: async () => {
      if (input.files.length === 0) return "Choose a file first.";
      try {
        read = await post("/import", await filesFrom(format.value, input.files));
        return true;
      } catch (problem) {
        return problem.message;
      }
    },
  });
  if (answer !== "import") return;
  takeRevision(read.revision);
  await Promise.all([loadProject(), loadPictures()]);
  emit("scores", []);
  const { objects, pictures, unknown = [], notes = [] } = read;
  if (unknown.length === 0 && notes.length === 0) return say(`${objects} objects in ${pictures} pictures came in.`);
  await dialog({
    title: "Imported",
    content: [
      el("p", {}, `${objects} objects in ${pictures} pictures came in.`),
      unknown.length > 0 && el("p", {}, `Not in the folder: ${unknown.slice(0, 10).join(", ")}${unknown.length > 10 ? " …" : ""}`),
      el("ul", { class: "files" }, notes.map((note) => el("li", {}, note))),
    ],
    buttons: [{ label: "Close", value: "close", main: true }],
  });
}
