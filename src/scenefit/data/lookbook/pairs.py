"""Which worn items make pairs: those whose removal leaves enough of the scene, and of the item that decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from scenefit.data.lookbook.domains import Domain
from scenefit.data.removal import remove_products
from scenefit.types import Box

VISIBLE = 0.3
"""The least share of the anchor's box that must lie in the strip that removal keeps."""


def find_pairs(domain: Domain, boxes: Mapping[str, Box]) -> tuple[dict[str, str], Counter[str]]:
    """Choose the items of a scene that make pairs, each with its anchor.

    Args:
        domain: what decides for what.
        boxes: the box of each category's item in the scene.

    Returns:
        pairs: the anchor's category of each category that makes a pair.
        set_aside: how many items make none, by reason.

    """
    strips, kept = remove_products(np.array([list(box) for box in boxes.values()]))
    pairs: dict[str, str] = {}
    set_aside: Counter[str] = Counter()
    for category, strip, keeps in zip(boxes, strips.tolist(), kept.tolist(), strict=True):
        anchor = domain.anchor(category, boxes)
        if anchor is None:
            set_aside["no anchor is worn"] += 1
        elif not keeps:
            set_aside["removal leaves too little of the scene"] += 1
        elif visible_share(boxes[anchor], Box(*strip)) < VISIBLE:
            set_aside["removal takes the anchor out too"] += 1
        else:
            pairs[category] = anchor
    return pairs, set_aside


def visible_share(box: Box, strip: Box) -> float:
    """Give the share of a box that lies in a strip, in [0, 1].

    >>> visible_share(Box(0.0, 0.0, 0.5, 0.5), Box(0.0, 0.25, 1.0, 1.0))
    0.5
    """
    across = max(0.0, min(box.right, strip.right) - max(box.left, strip.left))
    down = max(0.0, min(box.bottom, strip.bottom) - max(box.top, strip.top))
    return across * down / box.area
