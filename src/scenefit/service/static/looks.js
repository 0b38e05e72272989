/** Whole looks: one product of each category together, with what they cost. */

import { showPicture } from "./api.js";
import { byId, count, h, nameOf, pageOf, price } from "./dom.js";

/**
 * Draw the looks; nothing where there are none and nothing to say.
 * @param {object[]} looks
 * @param {string} note - why there is none, in words
 * @param {(category: string | null) => void} point - a product of a category is pointed at
 */
export function showLooks(looks, note, point) {
  byId("looks").hidden = !looks.length && !note;
  byId("to-looks").hidden = !looks.length;
  byId("looks-note").textContent = note;
  byId("looks-note").hidden = !note;
  byId("look-list").replaceChildren(...looks.map((look, place) => card(look, place + 1, point)));
}

function card(look, place, point) {
  const entries = Object.entries(look.products);
  const total = price(look.price, look.currency);
  const pictures = entries.map(([category, product]) => tile(category, product));
  return h(
    "li",
    { class: "look" },
    h("div", { class: "collage", "data-of": Math.min(entries.length, 6), "aria-hidden": "true" }, pictures.slice(0, 6)),
    h("h3", {}, `Look ${place}`, total && h("span", { class: "total" }, total)),
    h("p", { class: "dim" }, count(entries.length, "piece")),
    h("ul", {}, entries.map(([category, product]) => line(category, product, point))),
  );
}

function tile(category, product) {
  if (!product.picture) return h("span", { class: "blank" }, category);
  const img = h("img", { alt: "", loading: "lazy", decoding: "async" });
  showPicture(img, product.picture);
  return img;
}

function line(category, product, point) {
  const name = nameOf(product, category);
  const on = { pointerenter: () => point(category), pointerleave: () => point(null), focusin: () => point(category) };
  const page = pageOf(product);
  const text = page ? h("a", { href: page, rel: "noopener" }, name) : h("span", {}, name);
  const of = name === category ? null : h("small", {}, category);
  return h("li", { on }, h("span", { class: "what" }, text, of), h("span", { class: "cost" }, price(product.price, product.currency)));
}
