/** The products, by category. Cards are kept by product, so that pictures do not blink when an answer changes. */

import { byId, count, h } from "./dom.js";
import { makeCard, refreshCard } from "./card.js";

const FIRST = 8;
const cards = new Map();
const open = new Set();

/** Forget the cards of the photo before. */
export function forgetCards() {
  cards.clear();
  open.clear();
}

/**
 * Draw the categories of an answer.
 * @param {Record<string, object[]>} categories
 * @param {object} acts - of the cards (card.js), and look(category), reset()
 * @param {number} waiting - how many more categories are on their way
 */
export function showResults(categories, acts, waiting = 0) {
  const held = document.activeElement?.dataset?.hold;
  const sections = Object.entries(categories).map(([name, products]) => section(name, products, acts));
  byId("shelves").replaceChildren(...sections, ...skeletons(waiting));
  if (held) document.querySelector(`[data-hold="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}

/** Draw empty shelves while the first answer is on its way. */
export function showWaiting(number) {
  byId("shelves").replaceChildren(...skeletons(number));
}

function skeletons(number) {
  return Array.from({ length: number }, () =>
    h("section", { class: "shelf waiting", "aria-hidden": "true" }, h("h2", {}, " "), h("ul", { class: "cards" }, tiles())),
  );
}

const tiles = () => Array.from({ length: 4 }, () => h("li", { class: "card" }, h("div", { class: "pic" })));

function section(name, products, acts) {
  const title = `shelf-${name}`.replace(/\W+/g, "-");
  const on = { pointerover: () => acts.point(name), pointerleave: () => acts.point(null) };
  const shelf = h("section", { class: "shelf", "aria-labelledby": title, "data-category": name, on }, head(name, title, products, acts));
  shelf.append(products.length ? list(name, products, acts) : nothing(name, acts));
  if (products.length > FIRST) shelf.append(more(name, products, shelf, acts));
  shelf.addEventListener("focusin", (event) => event.target.matches(":focus-visible") && acts.point(name));
  shelf.addEventListener("focusout", () => acts.point(null));
  return shelf;
}

function head(name, title, products, acts) {
  const look = h("button", { type: "button", class: "quiet where", "aria-pressed": acts.pinned() === name, "data-hold": `look-${name}` });
  look.append("Where we looked");
  look.addEventListener("click", () => acts.look(name));
  return h("header", {}, h("h2", { id: title }, name), products.length > 0 && look);
}

function list(name, products, acts) {
  const shown = open.has(name) ? products : products.slice(0, FIRST);
  return h("ul", { class: "cards", "data-category": name }, shown.map((product) => card(name, product, acts)));
}

function card(name, product, acts) {
  if (!cards.has(product.id)) cards.set(product.id, makeCard(product, name, acts));
  const made = cards.get(product.id);
  refreshCard(made, product, acts);
  return made;
}

function more(name, products, shelf, acts) {
  const rest = products.length - FIRST;
  const text = () => (open.has(name) ? "Show fewer" : `Show ${rest} more`);
  const hold = { "data-hold": `more-${name}`, "aria-expanded": open.has(name) };
  const button = h("button", { type: "button", class: "quiet more", ...hold }, text());
  button.addEventListener("click", () => {
    if (!open.delete(name)) open.add(name);
    shelf.querySelector(".cards").replaceWith(list(name, products, acts));
    button.textContent = text();
    button.setAttribute("aria-expanded", String(open.has(name)));
  });
  return button;
}

function nothing(name, acts) {
  const reset = h("button", { type: "button", class: "quiet", on: { click: acts.reset } }, "Clear the filters");
  return h("p", { class: "nothing" }, `No ${name} fit what you asked for. `, reset);
}

/** "24 products in 3 categories" */
export function summary(categories) {
  const lists = Object.values(categories);
  const products = lists.reduce((sum, list) => sum + list.length, 0);
  return `${count(products, "product")} in ${lists.length === 1 ? "1 category" : `${lists.length} categories`}`;
}
