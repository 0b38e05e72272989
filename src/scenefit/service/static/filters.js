/** Which products may come: price, stock, brand, the budget of a look, variety. */

import { byId, h, settled } from "./dom.js";

const FIELDS = ["most", "stock", "brand", "budget", "diversity", "novelty"];
const PLAIN_NAME = /^[A-Za-z_]\w*$/;
const brands = new Set();
let brandColumn = null;

/** Listen to the fields; `changed` is called once typing has settled. */
export function makeFilters(changed) {
  const later = settled(450, changed);
  for (const name of FIELDS) byId(name).addEventListener("input", later);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
}

/** Take the catalog's columns: a text column called brand can be filtered by. */
export function learnColumns(columns) {
  const found = Object.keys(columns ?? {}).find((name) => name.toLowerCase() === "brand" && PLAIN_NAME.test(name));
  brandColumn = found && columns[found] === "text" ? found : null;
}

/** Take from an answer which brands there are, and whether anything has a price. */
export function learnProducts(categories) {
  const products = Object.values(categories).flat();
  const priced = products.find((product) => product.price !== null && product.price !== undefined);
  if (priced) {
    for (const field of document.querySelectorAll(".priced")) field.hidden = false;
    for (const sign of document.querySelectorAll(".currency")) sign.textContent = signOf(priced.currency);
  }
  const known = brands.size;
  for (const product of products) if (product.attributes?.[brandColumn]) brands.add(product.attributes[brandColumn]);
  if (brands.size > known) drawBrands();
}

function drawBrands() {
  const select = byId("brand");
  const chosen = select.value;
  const names = [...brands].sort((a, b) => a.localeCompare(b));
  select.replaceChildren(h("option", { value: "" }, "Any"), ...names.map((name) => h("option", { value: name }, name)));
  select.value = chosen;
  byId("brand-field").hidden = names.length < 2;
}

function signOf(currency) {
  try {
    const parts = new Intl.NumberFormat(navigator.language, { style: "currency", currency }).formatToParts(0);
    return parts.find((part) => part.type === "currency").value;
  } catch {
    return currency ?? "";
  }
}

const quoted = (text) => `"${text.replace(/[\\"]/g, "\\$&")}"`;
const amount = (name) => (byId(name).value !== "" && byId(name).valueAsNumber >= 0 ? byId(name).valueAsNumber : null);

/** The filter as text (docs/filters.md), "" for all products. */
export function where() {
  const parts = [];
  if (amount("most") !== null) parts.push(`price <= ${amount("most")}`);
  if (byId("stock").checked) parts.push("in_stock");
  if (brandColumn && byId("brand").value) parts.push(`${brandColumn} = ${quoted(byId("brand").value)}`);
  return parts.join(" and ");
}

/** As the service's options; only what was set. */
export function filterOptions() {
  const set = { where: where() || undefined, budget: amount("budget") || undefined };
  for (const name of ["diversity", "novelty"]) set[name] = byId(name).valueAsNumber || undefined;
  return set;
}

/** Put all fields back. */
export function clearFilters() {
  byId("filters").reset();
}
