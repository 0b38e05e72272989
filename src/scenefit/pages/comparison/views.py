"""Scenes in a comparison's report with where the method looked, beside what stands out of them."""

from __future__ import annotations

from html import escape

import numpy as np

from scenefit.evaluation.attention import effective_cells, likeness
from scenefit.evaluation.attention_figures import SALIENCY
from scenefit.evaluation.attention_study import ATTENTION, deciding_boxes
from scenefit.pages.comparison.attention import Maps, maps_of
from scenefit.pages.comparison.examples import chosen
from scenefit.pages.comparison.grids import picture
from scenefit.pages.comparison.parts import Compared, Shown
from scenefit.pages.pictures import heat_uri, place_style
from scenefit.types import Box

EACH = 2
SIDE = 220
TALLEST = 0.8
"""Width by height; a scene that is narrower is drawn narrower, not taller."""


def views(compared: Compared, shown: Shown) -> str:
    """Draw some of the scenes whose rankings are shown, `EACH` of a part: as seen, and under three maps."""
    rows = np.concatenate([rows[:EACH] for rows in chosen(shown, compared.dataset).values()])
    found = maps_of(compared, shown, rows)
    if found is None:
        return ""
    boxes = deciding_boxes(compared.dataset, found.pairs) or [None] * len(found.pairs)
    return f'<div class="views">{"".join(_view(compared, found, i, boxes[i]) for i in range(len(boxes)))}</div>'


def _view(compared: Compared, found: Maps, i: int, box: Box | None) -> str:
    pair, view = found.pairs[i], found.views[i]
    photo = picture(view, SIDE, "The scene without its product")
    inside = inside_view(box, view.box) if box else None
    region = f'<div class="region" style="{place_style(inside)}"></div>' if inside else ""
    own = found.maps[ATTENTION][i : i + 1]
    captions = {ATTENTION: f"attention, {effective_cells(own[0]):.0f} cells"} | {
        name: f"{name}, r&nbsp;=&nbsp;{likeness(own, found.maps[name][i : i + 1])[0]:.2f}" for name in SALIENCY
    }
    heats = {name: f'<img class="heat" alt="" src="{heat_uri(found.maps[name][i])}">' for name in captions}
    narrow = min(1.0, _ratio(compared, int(pair), view.box) / TALLEST)
    parts = {escape(str(compared.dataset.pairs["category"][pair])): f"{photo}{region}"}
    parts |= {captions[name]: f"{photo}{heat}{region}" for name, heat in heats.items()}
    return f'<div class="view-row">{"".join(_shown(part, caption, narrow) for caption, part in parts.items())}</div>'


def _shown(content: str, caption: str, narrow: float) -> str:
    photo = f'<div class="photo" style="width:{narrow:.0%}">{content}</div>'
    return f"<figure>{photo}<figcaption>{caption}</figcaption></figure>"


def _ratio(compared: Compared, pair: int, view: Box) -> float:
    """Give the width by height of a view in pixels."""
    scene = compared.dataset.pair_scene[pair]
    width, height = (int(compared.dataset.scenes[side][scene]) for side in ("width", "height"))
    return width * (view.right - view.left) / (height * (view.bottom - view.top))


def inside_view(box: Box, view: Box) -> Box | None:
    """Give the part of a box that lies in a view, in fractions of the view; None where none does.

    >>> inside_view(Box(0.25, 0, 1, 0.5), Box(0, 0, 0.5, 1))
    Box(left=0.5, top=0.0, right=1.0, bottom=0.5)
    """
    width, height = view.right - view.left, view.bottom - view.top
    left, right = (min(max((side - view.left) / width, 0.0), 1.0) for side in (box.left, box.right))
    top, bottom = (min(max((side - view.top) / height, 0.0), 1.0) for side in (box.top, box.bottom))
    return Box(left, top, right, bottom) if left < right and top < bottom else None
