/** How photos come in: picked, taken, pasted, dropped, or an example. */

import { address, bytes, examples } from "./api.js";
import { byId, h } from "./dom.js";

/**
 * Listen for photos.
 * @param {(files: Blob[], adds: boolean, name?: string) => void} take - `adds`: to the board, else in place of it
 * @param {(error: Error) => void} fail
 */
export function takePhotos(take, fail) {
  let adds = false;
  const choose = (input, toBoard) => {
    adds = toBoard;
    input.click();
  };
  for (const button of document.querySelectorAll("[data-pick]")) {
    button.addEventListener("click", () => choose(byId("pick"), button.dataset.pick === "add"));
  }
  for (const button of document.querySelectorAll("[data-camera]")) {
    button.hidden = !matchMedia("(pointer: coarse)").matches;
    button.addEventListener("click", () => choose(byId("camera"), false));
  }
  for (const input of [byId("pick"), byId("camera")]) {
    input.addEventListener("change", () => {
      if (input.files.length) take([...input.files], adds);
      input.value = "";
    });
  }
  document.addEventListener("paste", (event) => {
    if (event.target.closest?.("input, textarea, select")) return;
    const files = pictures(event.clipboardData);
    if (files.length) take(files, false);
  });
  dropping((files, toBoard) => take(files, toBoard), fail);
  return examplePhotos(take, fail);
}

const pictures = (data) => [...(data?.files ?? [])].filter((file) => /^image\//.test(file.type) || /\.hei[cf]$/i.test(file.name));

function dropping(take, fail) {
  const over = (on) => document.body.classList.toggle("dropping", on);
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    over(true);
  });
  addEventListener("dragleave", (event) => event.relatedTarget ?? over(false));
  addEventListener("drop", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    over(false);
    const files = pictures(event.dataTransfer);
    if (files.length) take(files, Boolean(event.target.closest?.("#board, .tools")));
    else fail();
  });
}

async function examplePhotos(take, fail) {
  const found = await examples().catch(() => []);
  byId("examples").hidden = !found.length;
  byId("example-list").replaceChildren(...found.slice(0, 8).map((one) => h("li", {}, exampleButton(one, take, fail))));
}

function exampleButton({ name, url, credit }, take, fail) {
  const use = async () => {
    try {
      take([await bytes(url)], false, name);
    } catch (error) {
      fail(error);
    }
  };
  const picture = h("img", { src: address(url), alt: "", width: 120, height: 160, decoding: "async" });
  return h("button", { type: "button", title: credit, on: { click: use } }, picture, h("span", {}, name));
}
