/** The page: a photo comes in, products go out. What each part does stands in its own module. */

import { categories as allCategories, recommend, Trouble } from "./api.js";
import { showBoard } from "./board.js";
import { makeBox } from "./box.js";
import { makeChips } from "./chips.js";
import { byId, price, say } from "./dom.js";
import { clearFilters, filterOptions, learnColumns, learnProducts, makeFilters } from "./filters.js";
import { takePhotos } from "./intake.js";
import { showLooks } from "./looks.js";
import { MOST, readPhoto } from "./photo.js";
import { forgetCards, showResults, showWaiting, summary } from "./results.js";
import { makeStage } from "./stage.js";
import { makeTaste } from "./taste.js";
import { showTrouble } from "./trouble.js";

const QUICK = { k: 4, few: 2, all: 24 };
const WHOLE = { categories: 5, k: 18, looks: 3 };
const RETRIES = 5;

let photos = [];
let shown = {};
let suggests = true;
let [asking, turn, retries, retry] = [null, 0, 0, 0];

const stage = makeStage();
const box = makeBox(() => ask(), say);
const taste = makeTaste(() => ask());
const chips = makeChips(() => ask());
makeFilters(() => ask());

const acts = {
  ...{ like: taste.like, dislike: taste.dislike, hide: taste.hide, taste: taste.now },
  ...{ point: stage.point, pinned: stage.pinned, look, reset },
};

function look(category) {
  const pinned = stage.pin(category);
  for (const shelf of document.querySelectorAll(".shelf[data-category]")) {
    shelf.querySelector(".where")?.setAttribute("aria-pressed", String(shelf.dataset.category === pinned));
  }
  if (pinned) say(stage.words(pinned));
}

function reset() {
  clearFilters();
  taste.forget();
  chips.forget();
  box.set(null);
  ask();
}

/** Take photo files: in place of what is there, or added to the board. */
async function take(files, adds, name) {
  const mine = ++turn;
  const kept = adds ? photos : [];
  const room = MOST - kept.length;
  try {
    const read = await Promise.all(files.slice(0, room).map((file) => readPhoto(file, name)));
    if (mine !== turn) return;
    if (!adds) begin();
    put([...kept, ...read], !adds);
    if (files.length > room) showTrouble(new Trouble("many"));
  } catch (error) {
    failed(error);
  }
}

function begin() {
  for (const part of [taste, chips]) part.forget();
  forgetCards();
  shown = {};
  scrollTo({ top: 0 });
}

function put(given, fresh) {
  photos = given;
  byId("intro").hidden = photos.length > 0;
  byId("work").hidden = !photos.length;
  document.body.classList.toggle("has-photo", photos.length > 0);
  if (!photos.length) return;
  box.set(null);
  stage.show(photos[0]);
  showBoard(photos, {
    front: (place) => put([photos[place], ...photos.filter((_, other) => other !== place)]),
    remove: (place) => put(photos.filter((_, other) => other !== place)),
  });
  ask(fresh);
}

/** Ask anew; an answer on its way is given up. Of a fresh photo a few products come first, the rest while they are seen. */
async function ask(fresh = false) {
  if (!photos.length) return;
  asking?.abort();
  clearTimeout(retry);
  const mine = (asking = new AbortController());
  showTrouble(null);
  busy(true);
  try {
    if (fresh) await quick(mine.signal);
    const answer = await whole(mine.signal);
    if (mine.signal.aborted) return;
    show(answer);
    retries = 0;
    say(`${summary(shown)}${answer.looks.length ? `, and ${answer.looks.length} whole looks` : ""}.`);
  } catch (error) {
    if (!mine.signal.aborted) failed(error, fresh);
  } finally {
    if (asking === mine) busy(false);
  }
}

function asked() {
  const chosen = chips.chosen();
  if (chosen) return { categories: chosen };
  return suggests ? { suggested: WHOLE.categories } : { categories: chips.all().slice(0, WHOLE.categories) };
}

/** Few products of all categories tell which the photo wants, where the model can say; where there are many, of two. */
async function quick(signal) {
  showWaiting(QUICK.few);
  byId("looks").hidden = byId("to-looks").hidden = true;
  const many = chips.all().length > QUICK.all;
  const answer = await send({ k: QUICK.k, ...(many && suggests && { suggested: QUICK.few }) }, signal);
  if (signal.aborted) return;
  suggests = Boolean(answer.wanted);
  const first = Object.entries(answer.categories).slice(0, WHOLE.categories);
  show({ ...answer, looks: [], categories: Object.fromEntries(first) }, WHOLE.categories - first.length);
}

async function whole(signal) {
  const options = { k: WHOLE.k, ...asked() };
  const { budget } = filterOptions();
  const alone = options.categories?.length === 1;
  try {
    return await send({ ...options, looks: alone ? 0 : WHOLE.looks, budget: alone ? undefined : budget }, signal);
  } catch (error) {
    if (error.kind !== "choices" || alone) throw error;
    const answer = await send(options, signal); // no look fits, the products may
    return { ...answer, note: budget ? `No whole look fits within ${price(budget, currency(answer))}. Try a little more.` : "" };
  }
}

function send(options, signal) {
  const { budget, ...filters } = filterOptions();
  return recommend(photos, { attention: true, ...filters, ...taste.options(), box: box.get() ?? undefined, ...options }, signal);
}

const currency = (answer) => Object.values(answer.categories).flat().find((product) => product.currency)?.currency;

function show(answer, waiting = 0) {
  shown = answer.categories;
  stage.learn(answer);
  learnProducts(shown);
  if (answer.wanted && !chips.chosen()) chips.know(Object.keys(answer.wanted));
  chips.learn(Object.keys(shown), suggests);
  showResults(shown, acts, waiting);
  showLooks(answer.looks ?? [], answer.note ?? "", stage.point);
}

function busy(on) {
  byId("results").setAttribute("aria-busy", String(on));
  if (on) say("Looking at your photo.");
}

function failed(error, fresh = false) {
  if (!(error instanceof Trouble)) console.error(error);
  const trouble = error instanceof Trouble ? error : new Trouble("server");
  if (!Object.keys(shown).length) showWaiting(0);
  showTrouble(trouble, {
    again: () => (photos.length ? ask(fresh) : start()),
    clear: reset,
    unmark: () => {
      box.set(null);
      ask();
    },
  });
  if (trouble.kind === "busy" && retries++ < RETRIES) retry = setTimeout(() => ask(fresh), trouble.wait * 1000);
}

async function start() {
  try {
    const { categories, columns } = await allCategories();
    chips.know(categories.map(({ name }) => name));
    learnColumns(columns);
  } catch (error) {
    failed(error);
  }
}

takePhotos(take, (error) => failed(error ?? new Trouble("nothing")));
start();
