/** What was liked, disliked and hidden; every step can be undone. Kept only while the page is open. */

import { byId, count } from "./dom.js";

export function makeTaste(changed) {
  let now = empty();
  const before = [];

  function step(change) {
    before.push(now);
    now = copy(now);
    change(now);
    draw();
    changed();
  }

  const toggled = (set, other, id) => {
    other.delete(id);
    if (!set.delete(id)) set.add(id);
  };

  function draw() {
    const said = [];
    if (now.liked.size) said.push(`more like ${count(now.liked.size, "product")}`);
    if (now.disliked.size) said.push(`less like ${count(now.disliked.size, "product")}`);
    if (now.hidden.size) said.push(`${now.hidden.size} hidden`);
    byId("taste").hidden = !before.length;
    byId("taste-text").textContent = said.length ? `Your taste: ${said.join(", ")}.` : "Your taste: nothing yet.";
    byId("taste-clear").hidden = !said.length;
  }

  function undo() {
    now = before.pop() ?? empty();
    draw();
    changed();
    if (byId("taste").hidden) byId("results-title").focus();
  }

  byId("taste-undo").addEventListener("click", undo);
  byId("taste-clear").addEventListener("click", () => {
    step((next) => Object.values(next).forEach((set) => set.clear()));
    byId("taste-undo").focus();
  });

  return {
    like: ({ id }) => step((next) => toggled(next.liked, next.disliked, id)),
    dislike: ({ id }) => step((next) => toggled(next.disliked, next.liked, id)),
    hide: ({ id }) => step((next) => {
      next.liked.delete(id);
      next.disliked.delete(id);
      next.hidden.add(id);
    }),
    now: () => now,
    /** Forget all of it, without asking anew. */
    forget() {
      now = empty();
      before.length = 0;
      draw();
    },
    /** As the service's options. */
    options: () => ({ liked: [...now.liked], disliked: [...now.disliked], exclude: [...now.hidden] }),
  };
}

const empty = () => ({ liked: new Set(), disliked: new Set(), hidden: new Set() });
const copy = (taste) => Object.fromEntries(Object.entries(taste).map(([name, set]) => [name, new Set(set)]));
