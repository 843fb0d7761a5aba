// What a class is searched by: words, examples and negatives, each with what the model took from it.

import { addPrompt, changePrompt, deletePrompt } from "./actions.js";
import { boxInCrop, crop } from "./api.js";
import { dialog } from "./dialog.js";
import { el, show } from "./dom.js";
import { grown } from "./geometry.js";
import { emit, loadRanking, store } from "./store.js";

const PAUSE = 120; // ms of quiet before words are tried

export class PromptsPanel {
  constructor() {
    this.input = el("input", {
      type: "text", id: "words", placeholder: "a white mug … or -a jug", title: "With - before them: words for what it must not be taken for", autocomplete: "off", maxlength: 1000,
      "aria-label": "Words for the class", oninput: () => this.tryLater(), onkeydown: (event) => this.pressed(event),
    });
    this.tried = el("p", { class: "dim tried", role: "status" });
    this.words = el("ul", { class: "words" });
    this.examples = el("div", { class: "examples" });
    this.element = el("div", { class: "prompts" },
      el("h3", { class: "section-title" }, "Searched by"),
      el("div", { class: "words-field" }, this.input,
        el("button", { title: "Add the words (Enter)", onclick: () => this.add() }, "Add")),
      this.tried, this.words, this.examples);
  }

  get isTrying() {
    return this.input.value.trim() !== "";
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  draw(each) {
    if (this.classId !== each.id) {
      this.classId = each.id;
      this.input.value = "";
      this.tried.textContent = "";
    }
    // The crops are costly: they are drawn anew only when a prompt has changed.
    const state = JSON.stringify([each.id, each.prompts]);
    if (state === this.drawn) return;
    this.drawn = state;
    const words = each.prompts.filter((prompt) => prompt.kind === "words");
    const examples = each.prompts.filter((prompt) => prompt.kind === "example");
    show(this.words, words.map((prompt) => this.wordsRow(each, prompt)));
    show(this.examples, examples.map((prompt) => this.exampleTile(each, prompt)),
      examples.length === 0 && el("p", { class: "dim" }, "No example yet: draw a box, then U."));
  }

  wordsRow(each, prompt) {
    return el("li", { class: prompt.enabled ? "" : "off" },
      el("label", { class: "check" }, el("input", { type: "checkbox", checked: prompt.enabled, "aria-label": `Use ${prompt.text}`, onchange: (event) => changePrompt(each.id, prompt, { enabled: event.target.checked }) }),
        prompt.negative && el("span", { class: "badge reject" }, "not"), el("span", {}, prompt.text)),
      prompt.taken?.cut && el("span", { class: "badge doubt", title: "Longer than the model reads: the end was cut" }, "cut"),
      prompt.taken?.problem && el("span", { class: "badge doubt", title: prompt.taken.problem }, "!"),
      el("button", { class: "quiet", "aria-label": `Remove ${prompt.text}`, onclick: () => deletePrompt(each.id, prompt) }, "×"));
  }

  exampleTile(each, prompt) {
    const picture = store.byId.get(prompt.picture);
    const taken = prompt.taken;
    const elsewhere = taken?.overlap !== null && taken?.overlap !== undefined && taken.overlap < 0.5;
    const tile = el("button", {
      class: `example ${prompt.negative ? "negative" : ""} ${prompt.enabled ? "" : "off"}`,
      onclick: () => this.open(each, prompt),
      "aria-label": `${prompt.negative ? "Negative" : "Example"} from ${picture?.name ?? "a picture that has gone"}${elsewhere ? ", the model saw something else" : ""}`,
      title: elsewhere ? "The model saw something else: click to choose" : "What the model took; click for more",
    });
    if (picture && prompt.box) tile.append(this.cropWithBoxes(picture, prompt, 96));
    show(tile, ...tile.childNodes,
      prompt.negative && el("span", { class: "badge reject corner" }, "not"),
      elsewhere && el("span", { class: "badge doubt corner" }, "?"),
      taken?.outlier && el("span", { class: "badge doubt corner low", title: "Unlike the other examples" }, "odd"),
      !taken && el("span", { class: "badge corner low" }, "…"));
    return tile;
  }

  // The example's crop with the drawn box (thin) and the one that the model took (thick).
  cropWithBoxes(picture, prompt, side, choice = null) {
    const frame = el("span", { class: "example-crop" }, el("img", { src: crop(picture, prompt.box, side * 2), alt: "", draggable: "false" }));
    const [x1, y1, x2, y2] = prompt.box;
    const square = Math.max(32, 1.4 * Math.max(x2 - x1, y2 - y1));
    const [left, top] = [(x1 + x2) / 2 - square / 2, (y1 + y2) / 2 - square / 2];
    const place = (box, name) => {
      const outline = el("i", { class: `crop-box ${name}` });
      Object.assign(outline.style, {
        left: `${(box[0] - left) / square * 100}%`, top: `${(box[1] - top) / square * 100}%`,
        width: `${(box[2] - box[0]) / square * 100}%`, height: `${(box[3] - box[1]) / square * 100}%`,
      });
      frame.append(outline);
    };
    place(prompt.box, "drawn");
    const taken = choice ?? prompt.taken?.box;
    if (taken) place(taken, "taken");
    return frame;
  }

  // One example in large: what was drawn, what the model took, and what else it saw there.
  async open(each, prompt) {
    const picture = store.byId.get(prompt.picture);
    const { taken } = prompt;
    const alternatives = taken?.alternatives ?? [];
    const chosen = (box) => taken?.box && box.every((edge, index) => Math.abs(edge - taken.box[index]) < 0.5);
    const answer = await dialog({
      title: prompt.negative ? `Not ${each.name}` : `An example of ${each.name}`,
      wide: true,
      content: [
        picture && prompt.box && el("div", { class: "example-large" }, this.cropWithBoxes(picture, prompt, 180),
          el("div", {},
            el("p", {}, picture.name),
            el("p", { class: "dim" }, this.sentence(prompt)),
            alternatives.length > 0 && el("p", {}, "The boxes that the model sees there; choose the one that fits:"),
            el("div", { class: "alternatives" }, alternatives.map((box, index) => el("button", {
              type: "button", "aria-pressed": String(chosen(box)), "aria-label": `Box ${index + 1} of ${alternatives.length}`,
              onclick: (event) => {
                event.currentTarget.closest("dialog").querySelector("[data-value=cancel]").click();
                changePrompt(each.id, prompt, { choice: index });
              },
            }, this.cropWithBoxes(picture, prompt, 72, box)))))),
      ],
      buttons: [
        { label: "Remove", value: "remove", danger: true },
        { label: prompt.enabled ? "Switch off" : "Switch on", value: "switch" },
        { label: prompt.negative ? "Make it an example" : "Make it a negative", value: "turn" },
        { label: "Open the picture", value: "open" },
        { label: "Close", value: "cancel", main: true },
      ],
    });
    if (answer === "remove") await deletePrompt(each.id, prompt);
    if (answer === "switch") await changePrompt(each.id, prompt, { enabled: !prompt.enabled });
    if (answer === "turn") await changePrompt(each.id, prompt, { negative: !prompt.negative });
    if (answer === "open" && picture) emit("open", { picture: picture.id, box: grown(prompt.box, 0.5, picture) });
  }

  sentence({ taken }) {
    if (!taken) return "Its picture is not encoded yet.";
    if (taken.problem) return taken.problem;
    const parts = [];
    if (taken.overlap !== null && taken.overlap !== undefined) {
      parts.push(taken.overlap < 0.5
        ? `The box that the model took covers only ${Math.round(taken.overlap * 100)} % of yours: it saw something else.`
        : `The model took a box that agrees with yours by ${Math.round(taken.overlap * 100)} %.`);
    }
    if (taken.outlier) parts.push("It is unlike the other examples of this class.");
    return parts.join(" ");
  }

  tryLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tryNow(), PAUSE);
  }

  // Ranks the folder by the words as they are, without saving them.
  async tryNow() {
    const words = this.input.value.trim();
    if (words.startsWith("-")) {
      this.tried.textContent = "Enter: what these words fit better is not shown.";
      return;
    }
    const ranking = await loadRanking(this.classId, { words: words || null }).catch((problem) => {
      this.tried.textContent = problem.message;
      return null;
    });
    if (!ranking || this.input.value.trim() !== words) return;
    this.tried.textContent = words === "" ? "" : `With these words: ${ranking.total} in ${ranking.withAny ?? "?"} pictures${milliseconds(ranking)}. Enter keeps them.`;
  }

  pressed(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      this.add();
    } else if (event.key === "Escape") {
      this.input.value = "";
      this.tryNow();
      this.input.blur();
    }
  }

  async add() {
    clearTimeout(this.timer);
    const text = this.input.value.trim();
    if (text === "") return;
    this.input.value = "";
    this.tried.textContent = "";
    this.input.blur(); // keys are commands again
    const negative = text.startsWith("-");
    const answer = await addPrompt(this.classId, { kind: "words", text: negative ? text.slice(1).trim() : text, negative });
    if (!answer) this.input.value = text;
  }
}

function milliseconds(ranking) {
  const spent = ranking.milliseconds;
  return spent ? `, ${Math.round((spent.embed ?? 0) + (spent.rank ?? 0))} ms` : "";
}
