/** A box over the item to replace: drawn with a pointer, or set with keys. Sides are fractions of the photo. */

import { byId, settled } from "./dom.js";

const STEP = 0.02;
const LEAST = 0.05;
const START = [0.3, 0.35, 0.7, 0.75];
const clamp = (value, low = 0, high = 1) => Math.min(high, Math.max(low, value));

/**
 * Make the layer over the photo listen.
 * @param {(box: number[] | null) => void} changed - when a box is finished or cleared
 * @param {(text: string) => void} say
 */
export function makeBox(changed, say) {
  const [layer, shape, mark, clear] = ["box-layer", "box", "mark", "unmark"].map(byId);
  let [box, drag, marking] = [null, null, false];
  const later = settled(600, () => finish());
  const hint = byId("hint");
  const [pointing, drawing] = [hint.textContent, "Drag a box over the item to replace."];

  function draw() {
    shape.hidden = clear.hidden = !box;
    if (!box) return;
    const [left, top, right, bottom] = box.map((side) => `${side * 100}%`);
    Object.assign(shape.style, { left, top, width: `calc(${right} - ${left})`, height: `calc(${bottom} - ${top})` });
  }

  function set(given) {
    box = given;
    draw();
  }

  function ready(on) {
    marking = on;
    layer.classList.toggle("marking", on);
    mark.setAttribute("aria-pressed", String(on));
    hint.textContent = on ? drawing : pointing;
  }

  function finish() {
    ready(false);
    say(box ? `Marked ${words(box)}.` : "Nothing is marked.");
    changed(box);
  }

  function wipe() {
    if (!box) return;
    set(null);
    finish();
  }

  layer.addEventListener("pointerdown", (event) => {
    if (event.button || (event.pointerType === "touch" && !marking)) return;
    event.preventDefault();
    layer.focus({ preventScroll: true });
    layer.setPointerCapture(event.pointerId);
    drag = { before: box, start: pointOf(event, layer), ...gripOf(event.target, box) };
  });
  layer.addEventListener("pointermove", (event) => drag && set(dragged(drag, pointOf(event, layer))));
  layer.addEventListener("pointercancel", () => {
    if (drag) set(drag.before);
    drag = null;
  });
  layer.addEventListener("pointerup", () => {
    if (!drag) return;
    const { before } = drag;
    drag = null;
    const drawn = box && box[2] - box[0] >= LEAST && box[3] - box[1] >= LEAST;
    if (!drawn) set(before);
    else if (String(box) !== String(before)) finish();
  });
  layer.addEventListener("keydown", (event) => {
    if (["Delete", "Backspace", "Escape"].includes(event.key)) wipe();
    else if (["Enter", " "].includes(event.key) && !box) set([...START]);
    else if (event.key.startsWith("Arrow") && box) set(nudged(box, event.key.slice(5), event.shiftKey));
    else return;
    event.preventDefault();
    if (box) later();
  });
  mark.addEventListener("click", (event) => {
    ready(!marking);
    if (!marking) return;
    layer.focus({ preventScroll: true });
    if (event.detail || box) return;
    set([...START]);
    later();
  });
  clear.addEventListener("click", () => {
    wipe();
    mark.focus();
  });
  return { set, ready, get: () => box };
}

function pointOf(event, layer) {
  const place = layer.getBoundingClientRect();
  return [clamp((event.clientX - place.left) / place.width), clamp((event.clientY - place.top) / place.height)];
}

/** What was taken hold of: a corner (the opposite one stays), the box, or nothing yet. */
function gripOf(target, box) {
  const corner = target.dataset?.corner;
  if (box && corner) return { anchor: [box[corner.includes("l") ? 2 : 0], box[corner.includes("t") ? 3 : 1]] };
  return box && target.closest?.("#box") ? { moved: box } : {};
}

function dragged({ start, anchor = start, moved }, [x, y]) {
  if (moved) return shifted(moved, x - start[0], y - start[1]);
  return [Math.min(anchor[0], x), Math.min(anchor[1], y), Math.max(anchor[0], x), Math.max(anchor[1], y)];
}

function shifted([left, top, right, bottom], x, y) {
  const [dx, dy] = [clamp(x, -left, 1 - right), clamp(y, -top, 1 - bottom)];
  return [left + dx, top + dy, right + dx, bottom + dy];
}

function nudged(box, way, sizes) {
  const x = { Left: -STEP, Right: STEP }[way] ?? 0;
  const y = { Up: -STEP, Down: STEP }[way] ?? 0;
  if (!sizes) return shifted(box, x, y);
  return [box[0], box[1], clamp(box[2] + x, box[0] + LEAST), clamp(box[3] + y, box[1] + LEAST)];
}

function words([left, top, right, bottom]) {
  const [x, y, width, height] = [left, top, right - left, bottom - top].map((side) => Math.round(side * 100));
  return `a box of ${width} by ${height} percent, ${x} from the left and ${y} from the top`;
}
