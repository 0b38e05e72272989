/** The photo in front: heat over it with a label; and a small copy in the corner once the photo is scrolled away. */

import { byId } from "./dom.js";
import { drawHeat, whereabouts } from "./heat.js";
import { drawPhoto } from "./photo.js";

const PEEK = 132;

export function makeStage() {
  const [frame, photo, heat, label, peek] = ["frame", "photo", "heat", "heat-label", "peek"].map(byId);
  let [shown, seen, pinned, inSight] = [null, { attention: {}, view: [0, 0, 1, 1] }, null, true];
  new IntersectionObserver(([entry]) => {
    inSight = entry.intersectionRatio > 0.25;
    peek.hidden = peek.hidden || inSight;
  }, { threshold: [0, 0.25, 0.5] }).observe(frame);
  peek.addEventListener("click", () => {
    frame.scrollIntoView({ block: "center" });
    byId("box-layer").focus({ preventScroll: true });
  });

  function draw(category) {
    const attention = seen.attention?.[category];
    heat.hidden = label.hidden = !attention;
    peek.hidden = !attention || inSight;
    if (!attention) return;
    heat.getContext("2d").clearRect(0, 0, heat.width, heat.height);
    drawHeat(heat, attention, seen.view);
    label.textContent = `Where we looked for ${category}`;
    if (!peek.hidden) drawPeek(attention, category);
  }

  function drawPeek(attention, category) {
    const canvas = peek.querySelector("canvas");
    drawPhoto(canvas, shown, PEEK * 2);
    drawHeat(canvas, attention, seen.view);
    peek.setAttribute("aria-label", `Where we looked for ${category}: back to the photo`);
  }

  return {
    /** Put a photo in front. */
    show(given) {
      shown = given;
      drawPhoto(photo, given, 1280);
      [heat.width, heat.height] = [photo.width, photo.height];
      frame.style.setProperty("--ratio", String(given.width / given.height));
      frame.style.aspectRatio = `${given.width} / ${given.height}`;
      photo.setAttribute("aria-label", `Your photo: ${given.name}`);
      this.learn({ attention: {}, view: [0, 0, 1, 1] });
    },
    /** Take what the model looked at from an answer. */
    learn({ attention, view }) {
      seen = { attention: attention ?? {}, view };
      if (pinned && !seen.attention[pinned]) pinned = null;
      draw(pinned);
    },
    /** Show a category's map while a product of it is pointed at; null goes back to the one that was chosen. */
    point(category) {
      draw(category ?? pinned);
    },
    /** Choose a category's map, or let it go again; gives which is chosen now. */
    pin(category) {
      pinned = pinned === category ? null : category;
      draw(pinned);
      return pinned;
    },
    pinned: () => pinned,
    /** Where it looked, as a sentence. */
    words(category) {
      const attention = seen.attention[category];
      return attention ? `For ${category} we looked mostly at ${whereabouts(attention, seen.view)} of the photo.` : "";
    },
  };
}
