/** Categories as chips: the ones shown are pressed; whoever presses one takes the choice over from the suggestion. */

import { byId, h } from "./dom.js";

const FIRST = 12;

export function makeChips(changed) {
  let [all, chosen, shown, opened, suggests] = [[], null, [], false, true];

  function toggle(name) {
    const next = new Set(chosen ?? shown);
    if (!next.delete(name)) next.add(name);
    chosen = next.size ? next : null;
    draw();
    changed();
  }

  function draw() {
    const held = document.activeElement?.dataset?.chip;
    const pressed = chosen ?? new Set(shown);
    const listed = opened ? all : all.filter((name, place) => place < FIRST || pressed.has(name));
    byId("chips").replaceChildren(...listed.map((name) => chip(name, pressed.has(name))), ...extra(listed));
    byId("chips-note").textContent = chosen ? "Your choice" : suggests ? "Suggested for this photo" : "To begin with";
    byId("suggested").hidden = !chosen;
    if (held) byId("chips").querySelector(`[data-chip="${CSS.escape(held)}"]`)?.focus();
  }

  const chip = (name, on) =>
    h("button", { type: "button", class: "chip", "aria-pressed": on, "data-chip": name, on: { click: () => toggle(name) } }, name);

  function extra(listed) {
    if (listed.length === all.length) return [];
    const open = () => {
      opened = true;
      draw();
      byId("chips").children[FIRST]?.focus();
    };
    return [h("button", { type: "button", class: "quiet", on: { click: open } }, `${all.length - listed.length} more`)];
  }

  byId("suggested").addEventListener("click", () => {
    chosen = null;
    draw();
    changed();
    byId("chips").querySelector("button")?.focus();
  });

  return {
    /** Take the catalog's categories, or their order for a photo, the most wanted first. */
    know(names) {
      all = names;
      draw();
    },
    /** Take which categories an answer showed, and whether that was for what the photo wants. */
    learn(names, wanted) {
      [shown, suggests] = [names, wanted];
      draw();
    },
    forget() {
      [chosen, shown] = [null, []];
      draw();
    },
    chosen: () => (chosen ? all.filter((name) => chosen.has(name)) : null),
    all: () => all,
  };
}
