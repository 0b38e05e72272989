/** Small helpers for the document: elements, icons, prices, waiting. */

/** Make an element: `h("button", { class: "chip", on: { click } }, "text", child)`. Text is never read as HTML. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("aria-")) element.setAttribute(name, String(value));
    else if (value === false) continue;
    else if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An icon of the sprite in index.html; the text beside it or an aria-label names the button. */
export function icon(name) {
  const SVG = "http://www.w3.org/2000/svg";
  const [svg, use] = [document.createElementNS(SVG, "svg"), document.createElementNS(SVG, "use")];
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A round button that is an icon alone. */
export function iconButton(name, label, click, more = {}) {
  return h("button", { type: "button", class: "icon", "aria-label": label, title: label, ...more, on: { click } }, icon(name));
}

export const byId = (id) => document.getElementById(id);

/** Tell those who listen rather than look; the same sentence twice is told twice. */
export function say(text) {
  const place = byId("said");
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 60);
}

/** A price in words: `price(58.9, "EUR")` is €58.90. */
export function price(amount, currency) {
  if (amount === null || amount === undefined) return "";
  try {
    return new Intl.NumberFormat(navigator.language, { style: "currency", currency }).format(amount);
  } catch {
    return `${amount.toFixed(2)} ${currency ?? ""}`.trim();
  }
}

/** Wait until nothing has been asked for `pause` milliseconds, then act once. */
export function settled(pause, act) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), pause);
  };
}

/** "1 product", "3 products". */
export const count = (number, one) => `${number} ${one}${number === 1 ? "" : "s"}`;

/** What a product is called: its title, else its brand, else its category. */
export function nameOf(product, category) {
  return product.title || product.attributes?.brand || category;
}

/** A product's page, where its address is a web address; anything else is no link. */
export function pageOf(product) {
  return /^https?:\/\//i.test(product.url ?? "") ? product.url : null;
}
