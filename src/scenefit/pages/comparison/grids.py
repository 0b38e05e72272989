"""Rankings as a comparison's report draws them: the scene as the model saw it, the true product, the first ones."""

from __future__ import annotations

from html import escape

import numpy as np

from scenefit.compare.record import FIRST
from scenefit.data.dataset import Dataset
from scenefit.data.images import decode
from scenefit.errors import ImageError
from scenefit.features.dataset_features import scene_crops
from scenefit.features.extract import read_unchanged
from scenefit.pages.comparison.examples import (
    EACH,
    PARTS,
    SEED,
    Candidate,
    Example,
    chosen,
    examples,
    share_that_goes,
    size_of_part,
)
from scenefit.pages.comparison.markup import percent
from scenefit.pages.comparison.parts import CEILING, Compared, Shown
from scenefit.pages.pictures import photo_uri
from scenefit.types import Crop

SCENE_SIDE, PRODUCT_SIDE = 320, 170
MISSING = '<div class="missing">picture missing</div>'


def grids(compared: Compared, shown: Shown) -> str:
    """Write the rankings that the rule of `examples` chooses."""
    parts = []
    for part, rows in chosen(shown, compared.dataset).items():
        drawn = "".join(_grid(example, compared.dataset) for example in examples(shown, compared.dataset, rows))
        parts.append(f"<h3>{PARTS[part]}</h3>{drawn}" if drawn else "")
    return "".join(parts)


def _grid(example: Example, dataset: Dataset) -> str:
    category = escape(str(dataset.pairs["category"][example.pair]))
    scene = picture(
        scene_crops(dataset, np.array([example.pair]), True)[0], SCENE_SIDE, "The scene without its product"
    )
    truth = picture(_product(dataset, example.truth), PRODUCT_SIDE, "The true product")
    cards = "".join(_card(candidate, example, dataset) for candidate in example.first)
    seen = "" if example.seen else "; not seen in training"
    return f"""<div class="grid"><figure class="view">{scene}<figcaption>{category}</figcaption></figure>
<figure class="truth">{truth}<figcaption><b>the true one</b> ranked {placed(example)}{seen}</figcaption></figure>
<ol>{cards}</ol></div>"""


def placed(example: Example) -> str:
    """Say where the true product ranked.

    >>> placed(Example(0, 0, 14, 0, 812, True, []))
    '14 of 812'
    >>> placed(Example(0, 0, 3, 2, 812, True, []))
    '3 to 5 (tied) of 812'
    """
    last = f" to {example.rank + example.tied} (tied)" if example.tied else ""
    return f"{example.rank:,}{last} of {example.of:,}"


def _card(candidate: Candidate, example: Example, dataset: Dataset) -> str:
    title = escape(str(dataset.products["title"][candidate.product] or ""))
    image = picture(_product(dataset, candidate.product), PRODUCT_SIDE, title or "A product")
    is_truth = candidate.product == example.truth
    kind = "true" if is_truth else "other" if candidate.rank is None else ""
    said = "the true one" if is_truth else "also in the scene" if candidate.rank is None else ""
    rule = {True: '<em class="goes">goes</em>', False: "<em>does not</em>", None: ""}[candidate.goes]
    number = f"<b>{candidate.rank}</b>" if candidate.rank else ""
    return f'<li class="{kind}">{image}{number}<span>{said or title}</span>{rule}</li>'


def _product(dataset: Dataset, row: int) -> Crop:
    return Crop(dataset.folder / dataset.products["image"][row], dataset.products["content"][row])


def picture(crop: Crop | None, side: int, says: str) -> str:
    """Write a picture as an element; one that is missing, damaged or changed is shown as missing."""
    try:
        pixels = decode(read_unchanged(crop), box=crop.box) if crop else None
    except ImageError:
        pixels = None
    if pixels is None:
        return MISSING
    return f'<img loading="lazy" alt="{says}" src="{photo_uri(pixels, side)}">'


def rule_of_choice(shown: Shown) -> str:
    """Say how the rankings were chosen, as HTML."""
    size = size_of_part(len(shown.pairs))
    return (
        f"Nobody picked these. The {len(shown.pairs):,} pairs were ordered by the share of products that the true one "
        f"is ranked before; of the best {size:,}, the middle {size:,} and the worst {size:,}, {EACH} each were drawn "
        f"with the seed {SEED}, of different categories as far as there are, no scene twice. The scene is as the model "
        "saw it, the product removed. Another product known to be in the scene is marked and does not count."
    )


def rule_words(compared: Compared, shown: Shown) -> str:
    """Say, for generated looks, how many of the first products go with their scene by the rule."""
    share = share_that_goes(shown, compared.dataset)
    if share is None:
        return ""
    others = {"the ceiling's": CEILING, "those of raw features": "raw"}
    found = {
        what: share_that_goes(Shown.of(name, compared.records), compared.dataset)
        for what, name in others.items()
        if name in compared.ranked
    }
    told = "".join(f"; of {what} {percent(share, 0)}" for what, share in found.items())
    return f" By the rule that made the looks, {percent(share, 0)} of all its first {FIRST} go with their scene{told}."
