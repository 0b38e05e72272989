"""Which items make pairs."""

from __future__ import annotations

import pytest

from scenefit.data.lookbook.domains import FASHION, HOME, Domain
from scenefit.data.lookbook.pairs import find_pairs, visible_share
from scenefit.types import Box

BAG = Box(0.2, 0.5, 0.3, 0.6)


@pytest.mark.parametrize(
    ("strip", "share"),
    [
        (Box(0, 0, 1, 1), 1),
        (Box(0, 0, 1, 0.55), 0.5),
        (Box(0.25, 0, 1, 1), 0.5),
        (Box(0, 0.6, 1, 1), 0),
        (Box(0, 0, 0.1, 1), 0),
    ],
)
def test_the_share_of_a_box_in_a_strip(strip: Box, share: float) -> None:
    assert visible_share(BAG, strip) == pytest.approx(share)


@pytest.mark.parametrize(
    ("domain", "boxes", "pairs", "reason"),
    [
        (FASHION, {"Shoes": Box(0.3, 0.8, 0.6, 1), "Bags": BAG}, {"Shoes": "Bags"}, "no anchor is worn"),
        (FASHION, {"Sunglasses": Box(0.1, 0.1, 0.9, 0.9), "Bags": BAG}, {}, "removal leaves too little of the scene"),
        (FASHION, {"Sunglasses": Box(0.1, 0.2, 0.9, 0.59), "Bags": BAG}, {}, "removal takes the anchor out too"),
        (
            FASHION,
            {"Sunglasses": Box(0.1, 0.2, 0.9, 0.565), "Bags": BAG},
            {"Sunglasses": "Bags"},
            "no anchor is worn",
        ),
        (HOME, {"Tables": Box(0.4, 0.7, 0.7, 0.9)}, {}, "no anchor is worn"),
    ],
)
def test_an_item_makes_a_pair_where_its_anchor_stays_to_be_seen(
    domain: Domain, boxes: dict[str, Box], pairs: dict[str, str], reason: str
) -> None:
    found, set_aside = find_pairs(domain, boxes)
    assert found == pairs
    assert set_aside[reason] == 1
    assert len(found) + sum(set_aside.values()) == len(boxes)


def test_a_dress_stands_in_for_the_top_and_follows_the_shoes() -> None:
    boxes = {"Dresses": Box(0.3, 0.2, 0.7, 0.65), "Bags": Box(0.6, 0.5, 0.8, 0.7), "Shoes": Box(0.4, 0.85, 0.6, 0.95)}
    boxes["Hats"] = Box(0.4, 0.05, 0.6, 0.15)
    decided = {"Dresses": "Shoes", "Bags": "Dresses", "Shoes": "Dresses", "Hats": "Dresses"}
    assert find_pairs(FASHION, boxes)[0] == decided
    boxes["Dresses"] = Box(0.3, 0.2, 0.5, 0.8)  # the largest strip lies on its right: the shoes are half in it
    assert find_pairs(FASHION, boxes)[0]["Dresses"] == "Shoes"
    boxes["Dresses"] = Box(0.3, 0.2, 0.55, 0.8)
    pairs, set_aside = find_pairs(FASHION, boxes)
    assert "Dresses" not in pairs and set_aside["removal takes the anchor out too"] == 1


def test_the_first_anchor_that_is_worn_decides() -> None:
    boxes = {"Tops": Box(0.3, 0.1, 0.6, 0.4), "Trousers": Box(0.3, 0.4, 0.6, 0.9), "Skirts": Box(0.3, 0.4, 0.6, 0.8)}
    assert find_pairs(FASHION, boxes)[0]["Tops"] == "Trousers"
    del boxes["Trousers"]
    assert find_pairs(FASHION, boxes)[0]["Tops"] == "Skirts"
