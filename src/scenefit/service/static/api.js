/** The service's routes. Each call gives its answer or throws a Trouble. */

const RETRY_SECONDS = 2;
let key = "";

/** Something that went wrong: `kind` is what the page has words for. */
export class Trouble extends Error {
  constructor(kind, fault = {}, wait = 0) {
    super(fault.message ?? kind);
    Object.assign(this, { kind, code: fault.code ?? "", hint: fault.hint ?? "", wait });
  }
}

/** Keep an access key for as long as the page is open; it is stored nowhere. */
export function useKey(given) {
  key = given.trim();
}

export const hasKey = () => key !== "";

/** An address of the service, wherever the page is mounted. */
export function address(path) {
  return new URL(path.replace(/^\//, ""), document.baseURI).href;
}

const headers = () => (key ? { Authorization: `Bearer ${key}` } : {});

async function fetched(path, more = {}) {
  let answer;
  try {
    answer = await fetch(address(path), { ...more, headers: headers() });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("offline");
  }
  if (!answer.ok) throw await troubleOf(answer);
  return answer;
}

async function troubleOf(answer) {
  const fault = (await answer.json().catch(() => ({})))?.error ?? {};
  const wait = Number(answer.headers.get("Retry-After")) || RETRY_SECONDS;
  return new Trouble(kindOf(answer.status, fault), fault, wait);
}

function kindOf(status, { code, message }) {
  if (status === 401 || status === 403) return "key";
  if (status === 413) return "large";
  if ([429, 503, 504].includes(status)) return "busy";
  if (status >= 500) return "server";
  if (["photo", "picture_type"].includes(code) || status === 415) return "picture";
  return /\bbox\b/.test(message) ? "box" : "choices";
}

/** {categories: [{name, products}], columns: {name: kind}} */
export const categories = async () => (await fetched("v1/categories")).json();

/** [{name, url, credit}] */
export const examples = async () => (await (await fetched("v1/examples")).json()).examples;

export const bytes = async (path) => (await fetched(path)).blob();

/** Ask for products that go with photos; `options` as in POST /v1/recommend. */
export async function recommend(photos, options, signal) {
  const body = new FormData();
  for (const photo of photos) body.append("photo", photo.blob, "photo.jpg");
  body.append("options", JSON.stringify(options));
  return (await fetched("v1/recommend", { method: "POST", body, signal })).json();
}

/** Fill an <img> with a product's picture; where a key is needed, it is fetched with it. */
export async function showPicture(img, path, size = 320) {
  const url = address(`${path}${path.includes("?") ? "&" : "?"}size=${size}`);
  if (!key) {
    img.src = url;
    return;
  }
  try {
    const blob = await (await fetch(url, { headers: headers() })).blob();
    img.addEventListener("load", () => URL.revokeObjectURL(img.src), { once: true });
    img.src = URL.createObjectURL(blob);
  } catch {
    img.remove();
  }
}
