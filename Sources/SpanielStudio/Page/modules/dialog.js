// Small windows over the page: one that asks, one that tells. All are <dialog>s, so that Escape closes and focus is kept.

import { el } from "./dom.js";

// Shows a dialog of a title, content and buttons [{ label, value, main, danger }]; resolves to the pressed one's value, or null.
// `submit` may return a text instead of true: what is wrong, which is said, and the dialog stays.
export function dialog({ title, content = [], buttons, submit = () => true, wide = false, large = false }) {
  return new Promise((resolve) => {
    const problem = el("p", { class: "problem", role: "alert" });
    const form = el("form", { method: "dialog" },
      el("h2", {}, title), content, problem,
      el("div", { class: "buttons" }, buttons.map(({ label, value, main, danger }) => el("button", {
        value, class: main ? "main" : danger ? "danger" : "", type: main ? "submit" : "button", "data-value": value,
        onclick: main ? null : () => close(value),
      }, label))));
    const window = el("dialog", { class: `${wide ? "wide" : ""} ${large ? "large" : ""}`, "aria-label": title }, form);
    const close = (value) => {
      window.close();
      window.remove();
      resolve(value);
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const main = buttons.find((button) => button.main);
      const verdict = await submit(form);
      if (verdict === true) close(main.value);
      else problem.textContent = verdict;
    });
    window.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(null);
    });
    document.body.append(window);
    window.showModal();
    (window.querySelector("[autofocus]") ?? window.querySelector("button.main"))?.focus({ preventScroll: true });
  });
}

// Asks for one line of text; resolves to it, or to null.
export async function askText(title, label, value = "", check = () => true) {
  const input = el("input", { type: "text", value, autofocus: true, autocomplete: "off", spellcheck: "false" });
  const answer = await dialog({
    title,
    content: [el("label", { class: "field" }, label, input)],
    buttons: [{ label: "Cancel", value: "cancel" }, { label: "OK", value: "ok", main: true }],
    submit: () => (input.value.trim() === "" ? "A name is missing." : check(input.value.trim())),
  });
  return answer === "ok" ? input.value.trim() : null;
}

export async function confirmed(title, text, label, danger = false) {
  const answer = await dialog({
    title, content: [el("p", {}, text)],
    buttons: [{ label: "Cancel", value: "cancel" }, { label, value: "yes", main: true, danger }],
  });
  return answer === "yes";
}
