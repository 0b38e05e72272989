/** What went wrong, in words a shopper understands, with what to do. */

import { useKey } from "./api.js";
import { byId, h } from "./dom.js";

const WORDS = {
  offline: ["We cannot reach the shop just now.", "Check your connection, then try again."],
  busy: ["Many people are asking right now.", "We try again by ourselves in a moment."],
  server: ["Something went wrong on our side.", "It is nothing you did. Please try again in a moment."],
  large: ["That picture is too large.", "Choose one of less than 60 MB, or take a screenshot of it."],
  heic: ["This browser cannot open HEIC pictures.", "Save it as JPEG first, or take the photo here; Safari can open it as it is."],
  picture: ["We could not open that as a picture.", "Choose a photo that is a JPEG, PNG or WebP file."],
  nothing: ["There was no picture in what you dropped.", "Drop a photo file, or choose one with the button."],
  box: ["The box leaves too little of the photo to look at.", "Draw it closer around the one item to replace."],
  choices: ["We could not use these choices together.", "Clear them, and we start again from your photo."],
  key: ["This shop asks for an access key.", "Enter the one you were given. It is kept only until you close this page."],
  many: ["A board holds six photos.", "Remove one to make room for another."],
};

/**
 * Show a Trouble (or hide it, given null).
 * @param {{again: () => void, clear: () => void, unmark: () => void}} acts - what its button does
 */
export function showTrouble(trouble, acts = {}) {
  const place = byId("trouble");
  place.hidden = !trouble;
  if (!trouble) return place.replaceChildren();
  const [what, todo] = WORDS[trouble.kind] ?? WORDS.server;
  place.replaceChildren(h("p", {}, h("strong", {}, what), " ", todo), remedy(trouble.kind, acts));
  return undefined;
}

function remedy(kind, { again, clear, unmark }) {
  const button = (text, click) => h("button", { type: "button", class: "button small", on: { click } }, text);
  if (kind === "key") return keyForm(again);
  if (kind === "box") return button("Clear the box", unmark);
  if (kind === "choices") return button("Clear my choices", clear);
  if (["offline", "server", "busy"].includes(kind)) return button("Try again", again);
  return button("OK", () => showTrouble(null));
}

function keyForm(again) {
  const field = h("input", { type: "password", name: "key", autocomplete: "off", required: true, "aria-label": "Access key" });
  const use = (event) => {
    event.preventDefault();
    useKey(field.value);
    showTrouble(null);
    again();
  };
  return h("form", { class: "key", on: { submit: use } }, field, h("button", { class: "button small" }, "Use this key"));
}
