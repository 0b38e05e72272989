/** One product: its picture, what it costs, and more or less like it. */

import { showPicture } from "./api.js";
import { h, iconButton, nameOf, pageOf, price } from "./dom.js";

/**
 * Make a product's card.
 * @param {{look, like, dislike, hide, taste, pinned}} acts - what its buttons do; `taste` says what is liked
 */
export function makeCard(product, category, acts) {
  const name = nameOf(product, category);
  const hold = (what) => ({ "data-hold": `${what}-${product.id}` });
  const buttons = [
    iconButton("up", `More like ${name}`, () => acts.like(product), { "aria-pressed": false, ...hold("like") }),
    iconButton("down", `Less like ${name}`, () => acts.dislike(product), { "aria-pressed": false, ...hold("dislike") }),
    iconButton("x", `Hide ${name}`, () => acts.hide(product), hold("hide")),
  ];
  const look = { type: "button", class: "pic", "aria-label": `${name}: where we looked`, ...hold("pic") };
  const pic = h("button", { ...look, on: { click: () => acts.look(category) } }, picture(product, category));
  const body = h("div", { class: "body" }, heading(product, name), facts(product), h("div", { class: "acts" }, buttons));
  return h("li", { class: "card", "data-id": product.id }, pic, body);
}

/** Bring a card up to date: which of its buttons are pressed, and how well it goes. */
export function refreshCard(card, product, acts) {
  const { liked, disliked } = acts.taste();
  const [up, down] = card.querySelectorAll(".acts button");
  up.setAttribute("aria-pressed", String(liked.has(product.id)));
  down.setAttribute("aria-pressed", String(disliked.has(product.id)));
  card.classList.toggle("liked", liked.has(product.id));
}

function picture(product, category) {
  if (!product.picture) return h("span", { class: "blank" }, category);
  const img = h("img", { alt: "", width: 320, height: 320, loading: "lazy", decoding: "async" });
  img.addEventListener("error", () => img.replaceWith(h("span", { class: "blank" }, category)), { once: true });
  showPicture(img, product.picture);
  return img;
}

function heading(product, name) {
  const page = pageOf(product);
  return h("h3", {}, page ? h("a", { href: page, rel: "noopener" }, name) : name);
}

function facts(product) {
  const brand = product.title && product.attributes?.brand;
  const cost = price(product.price, product.currency);
  return h(
    "p",
    { class: "facts" },
    cost && h("span", { class: "cost" }, cost),
    brand && h("span", {}, brand),
    product.in_stock === false && h("span", { class: "out" }, "Out of stock"),
  );
}
