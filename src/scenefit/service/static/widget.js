/**
 * "Complete the look" on a shop's own page: one script tag, cards where it stands. Everything is in docs/page.md.
 * Where anything goes wrong the page stays as it was, and the console says why.
 */
(() => {
  const script = document.currentScript;
  const SIDE = 640;
  const CSS = `
    :host { display: block; color: var(--scenefit-ink, inherit); font: var(--scenefit-font, inherit); }
    h2 { margin: 0 0 1rem; font: var(--scenefit-heading, 600 1.25em/1.2 inherit); font-family: inherit; }
    ul { list-style: none; margin: 0; padding: 0; display: grid; gap: var(--scenefit-gap, 1rem);
      grid-template-columns: repeat(auto-fill, minmax(var(--scenefit-card-width, 9.5rem), 1fr)); }
    a, div { display: block; color: inherit; text-decoration: none; border-radius: var(--scenefit-radius, 12px); }
    a:focus-visible { outline: 2px solid currentColor; outline-offset: 3px; }
    a:hover b { text-decoration: underline; }
    span { display: grid; place-items: center; aspect-ratio: 1; overflow: hidden; background: var(--scenefit-card, #fff); color: #555;
      border: 1px solid var(--scenefit-line, #8883); border-radius: var(--scenefit-radius, 12px); }
    img { width: 100%; height: 100%; object-fit: contain; }
    b { display: block; margin: .6em 0 .1em; font-weight: 500; font-size: .9em; line-height: 1.3; overflow-wrap: anywhere; }
    small { font-size: .85em; color: var(--scenefit-dim, inherit); }
    em { font-style: normal; font-weight: 600; color: var(--scenefit-accent, inherit); }`;

  const set = script ? script.dataset : {};
  const service = new URL(set.service || (script ? script.src : location.href), location.href);
  const headers = set.key ? { Authorization: `Bearer ${set.key}` } : {};
  const list = (text) => (text || "").split(",").map((part) => part.trim()).filter(Boolean);
  const at = (path) => new URL(path.replace(/^\//, ""), `${service.href.replace(/\/(static\/.*)?$/, "")}/`).href;

  function make(tag, text, ...children) {
    const element = document.createElement(tag);
    element.append(...(text ? [text] : []), ...children.filter(Boolean));
    return element;
  }

  /** Where the photo lies: of an element (its picture), or an address. */
  function photoAddress() {
    if (!set.photo) throw new Error("data-photo is missing: give a selector or an address");
    const looksLikeAddress = /^(https?:|\/|\.\.?\/)/.test(set.photo);
    const element = looksLikeAddress ? null : document.querySelector(set.photo);
    if (!looksLikeAddress && !element) throw new Error(`nothing on this page matches data-photo="${set.photo}"`);
    const img = element && (element.matches("img") ? element : element.querySelector("img"));
    if (element && !img) throw new Error(`there is no <img> at data-photo="${set.photo}"`);
    return new URL(img ? img.currentSrc || img.src : set.photo, document.baseURI).href;
  }

  /** Fetch the photo here, in the shopper's browser, and make it small; the service never fetches addresses. */
  async function photo() {
    const answer = await fetch(photoAddress());
    if (!answer.ok) throw new Error(`the photo answered ${answer.status}`);
    const bitmap = await createImageBitmap(await answer.blob(), { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.88));
  }

  function options() {
    const [categories, most] = [list(set.categories), Number(set.count) || 6];
    const asked = categories.length ? { categories } : { suggested: 3 };
    const box = list(set.box).map(Number);
    const more = { exclude: list(set.exclude), where: set.where || undefined, box: box.length === 4 ? box : undefined };
    return { ...asked, ...more, k: Math.min(100, Math.ceil(most / (categories.length || 3)) + 1) };
  }

  async function ask() {
    const body = new FormData();
    body.append("photo", await photo(), "photo.jpg");
    body.append("options", JSON.stringify(options()));
    const answer = await fetch(at("v1/recommend"), { method: "POST", body, headers });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error((found.error && found.error.message) || `the service answered ${answer.status}`);
    return found.categories;
  }

  /** The best of each category first, then the second of each, until there are enough. */
  function chosen(categories) {
    const all = Object.entries(categories).flatMap(([category, products]) =>
      products.map((product, place) => ({ ...product, category, place })));
    return all.sort((a, b) => a.place - b.place).slice(0, Number(set.count) || 6);
  }

  function cost({ price, currency }) {
    if (price === null || price === undefined) return "";
    try {
      const language = document.documentElement.lang || navigator.language;
      return new Intl.NumberFormat(language, { style: "currency", currency }).format(price);
    } catch {
      return `${price.toFixed(2)} ${currency || ""}`.trim();
    }
  }

  async function picture(product, place) {
    if (!product.picture) return;
    const img = document.createElement("img");
    img.alt = "";
    img.addEventListener("error", () => img.replaceWith(product.category), { once: true });
    let address = at(product.picture);
    address += `${address.includes("?") ? "&" : "?"}size=320`;
    if (set.key) {
      const answer = await fetch(address, { headers });
      if (!answer.ok) return;
      address = URL.createObjectURL(await answer.blob());
      img.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
    }
    img.src = address;
    place.replaceChildren(img);
  }

  function card(product) {
    const link = /^https?:\/\//i.test(product.url || "");
    const frame = make("span", product.category);
    picture(product, frame).catch(() => {});
    const brand = product.attributes && product.attributes.brand;
    const facts = make("small", "", make("em", cost(product)), product.title && brand ? ` ${brand}` : "");
    const one = make(link ? "a" : "div", "", frame, make("b", product.title || brand || product.category), facts);
    if (link) one.href = product.url;
    return make("li", "", one);
  }

  async function show(host) {
    const products = chosen(await ask());
    if (!products.length) return host.remove();
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
    const title = make("h2", set.title || "Complete the look");
    title.id = "title";
    const section = make("section", "", title, make("ul", "", ...products.map(card)));
    section.setAttribute("aria-labelledby", "title");
    root.append(section);
    return host.dispatchEvent(new CustomEvent("scenefit:shown", { bubbles: true, detail: products.map(({ id }) => id) }));
  }

  function begin() {
    const place = set.target && document.querySelector(set.target);
    const host = document.createElement("scenefit-look");
    if (place) place.append(host);
    else script.after(host);
    const quiet = (error) => {
      host.remove();
      console.warn(`scenefit: no products are shown; ${error.message}`);
    };
    const near = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      near.disconnect();
      show(host).catch(quiet);
    }, { rootMargin: "800px" });
    near.observe(host);
  }

  if (!script) console.warn("scenefit: load widget.js by a plain <script> tag");
  else if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin, { once: true });
  else begin();
})();
