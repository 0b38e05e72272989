/** The board: up to six photos that steer together. The first is in front; the others stand below it. */

import { byId, h, iconButton } from "./dom.js";
import { drawPhoto, MOST } from "./photo.js";

const THUMB = 144;

/**
 * Draw the board.
 * @param {object[]} photos
 * @param {{front: (place: number) => void, remove: (place: number) => void}} acts
 */
export function showBoard(photos, { front, remove }) {
  const list = byId("board-list");
  list.replaceChildren(...(photos.length > 1 ? photos.map((photo, place) => thumb(photo, place, front, remove)) : []));
  byId("add").hidden = photos.length >= MOST;
  byId("add-text").textContent = photos.length > 1 ? `Add another (${photos.length} of ${MOST})` : "Add a photo";
  byId("board-note").hidden = photos.length < 2;
  for (const id of ["mark", "box-layer"]) byId(id).hidden = photos.length > 1;
}

function thumb(photo, place, front, remove) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  drawPhoto(canvas, photo, THUMB, true);
  const label = place ? `Bring photo ${place + 1} to the front` : "Photo 1, in front";
  const show = h(
    "button",
    { type: "button", class: "thumb", "aria-label": label, "aria-pressed": place === 0, on: { click: () => front(place) } },
    canvas,
  );
  return h("li", {}, show, iconButton("x", `Remove photo ${place + 1}`, () => remove(place)));
}
