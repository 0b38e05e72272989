"""The truth beside the tables, recomputed; and that the pixels alone do not tell it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scenefit.data.dataset import Dataset
from scenefit.data.images import decode
from scenefit.data.lookbook.domains import DOMAINS
from scenefit.data.lookbook.style import Style
from scenefit.data.lookbook.truth import deciding_regions, read_truth
from scenefit.data.tables import TRUTH
from scenefit.errors import DataError
from scenefit.types import WHOLE, Box, Doubles, Table

SIDES = ("left", "top", "right", "bottom")
Key = tuple[str, str]


@pytest.fixture(scope="module")
def truth(drawn: Any) -> Table:
    looks = drawn.open()
    return read_truth(looks, np.arange(len(looks.pair_scene)))


@pytest.fixture(scope="module")
def rows_of(truth: Table) -> dict[Key, list[int]]:
    """The rows of each scene and category."""
    rows: dict[Key, list[int]] = {}
    for row, key in enumerate(zip(truth["scene"].tolist(), truth["category"].tolist(), strict=True)):
        rows.setdefault(key, []).append(row)
    return rows


def _slow_score(anchor: Style, product: Style, angle: float) -> float:
    away = min(abs(product.hue - anchor.hue - angle + turns) for turns in range(-3, 4))
    patterned = {anchor.pattern > 0, product.pattern > 0}
    return (
        0.6 * max(0, 1 - away / 0.25)
        + 0.2 * (len(patterned) == 2)
        + 0.12 * (1 - abs(product.formality - anchor.formality))
        + 0.08 * (anchor.winter is product.winter)
    )


def test_every_pair_has_a_row_for_each_product_of_its_category(
    drawn: Any, truth: Table, rows_of: dict[Key, list[int]]
) -> None:
    dataset = drawn.open()
    assert list(truth) == list(TRUTH) and drawn.report.truth == len(truth["scene"])
    keys = list(zip(dataset.pairs["scene"].tolist(), dataset.pairs["category"].tolist(), strict=True))
    assert sorted(rows_of) == sorted(keys)
    products = {
        name: sorted(p.id for p in drawn.products.values() if p.category == name) for name in dataset.categories
    }
    for (_, category), rows in rows_of.items():
        assert truth["product"][rows].tolist() == products[category]


def test_scores_and_anchors_are_those_of_the_rule(drawn: Any, truth: Table, rows_of: dict[Key, list[int]]) -> None:
    anchors = {category: a for domain in DOMAINS.values() for category, a in domain.anchors.items()}
    for (scene, category), rows in rows_of.items():
        worn = drawn.worn[scene]
        deciding = next(name for name in anchors[category] if name in worn)
        assert set(truth["anchor"][rows].tolist()) == {deciding}
        expected = [
            _slow_score(worn[deciding].style, drawn.products[id_].style, anchors[category][deciding])
            for id_ in truth["product"][rows].tolist()
        ]
        assert truth["score"][rows] == pytest.approx(expected, abs=1e-9)
    assert (truth["compatible"] == (truth["score"] >= 0.72)).all()
    assert 0.04 < truth["compatible"].mean() < 0.2


def test_worn_products_are_mostly_compatible_but_there_is_noise(drawn: Any, truth: Table) -> None:
    dataset = drawn.open()
    worn = {(s, p) for s, p in zip(dataset.pairs["scene"].tolist(), dataset.pairs["product"].tolist(), strict=True)}
    on = np.array([key in worn for key in zip(truth["scene"].tolist(), truth["product"].tolist(), strict=True)])
    assert on.sum() == len(worn)
    assert 0.75 < truth["compatible"][on].mean() < 0.97
    better = {name: facts["worn_compatible"] for name, facts in drawn.report.categories.items()}
    for name, share in better.items():
        assert share == pytest.approx(truth["compatible"][on & (truth["category"] == name)].mean())


def test_the_boxes_are_those_of_the_deciding_items(drawn: Any, truth: Table, rows_of: dict[Key, list[int]]) -> None:
    dataset = drawn.open()
    keys = zip(dataset.pairs["scene"].tolist(), dataset.pairs["category"].tolist(), strict=True)
    boxes = dict(zip(keys, dataset.boxes.tolist(), strict=True))
    compared = 0
    for (scene, _), rows in rows_of.items():
        found = {tuple(float(truth[side][row]) for side in SIDES) for row in rows}
        (box,) = found
        Box(*box)
        own = boxes.get((scene, truth["anchor"][rows[0]]))
        if own is not None:
            assert list(box) == own
            compared += 1
    assert compared > len(rows_of) / 2


def test_the_deciding_region_is_the_box_of_the_anchor(drawn: Any, truth: Table) -> None:
    looks, regions = drawn.open(), deciding_regions(truth)
    assert set(regions) == set(zip(looks.pairs["scene"], looks.pairs["category"], strict=True))
    for row in range(0, len(truth["scene"]), 7):
        box = regions[truth["scene"][row], truth["category"][row]]
        assert list(box) == [truth[side][row] for side in SIDES]


def test_what_removal_keeps_shows_the_anchor(drawn: Any, truth: Table, rows_of: dict[Key, list[int]]) -> None:
    dataset = drawn.open()
    keys = zip(dataset.pairs["scene"].tolist(), dataset.pairs["category"].tolist(), strict=True)
    for key, (left, top, right, bottom) in zip(keys, dataset.boxes.tolist(), strict=True):
        strips = [(0, 0, 1, top), (0, bottom, 1, 1), (0, 0, left, 1), (right, 0, 1, 1)]
        strip = max(strips, key=lambda s: (s[2] - s[0]) * (s[3] - s[1]))
        assert (strip[2] - strip[0]) * (strip[3] - strip[1]) >= 0.2
        row = rows_of[key][0]
        anchor = [float(truth[side][row]) for side in SIDES]
        across = min(strip[2], anchor[2]) - max(strip[0], anchor[0])
        down = min(strip[3], anchor[3]) - max(strip[1], anchor[1])
        whole = (anchor[2] - anchor[0]) * (anchor[3] - anchor[1])
        assert across > 0 and down > 0 and across * down >= 0.3 * whole - 1e-9


def _mean_colour(dataset: Dataset, image: str, box: Box = WHOLE) -> Doubles:
    colour: Doubles = decode((dataset.folder / image).read_bytes(), box=box).reshape(-1, 3).mean(axis=0)
    return colour


def test_mean_colours_do_not_give_the_rule_away(drawn: Any, truth: Table, rows_of: dict[Key, list[int]]) -> None:
    dataset = drawn.open()
    images = dict(zip(dataset.scenes["id"].tolist(), dataset.scenes["image"].tolist(), strict=True))
    pictured = zip(dataset.products["id"].tolist(), dataset.products["image"].tolist(), strict=True)
    colours = {id_: _mean_colour(dataset, image) for id_, image in pictured}
    right: dict[str, list[float]] = {}
    for scene, category, worn in zip(
        *(dataset.pairs[name].tolist() for name in ("scene", "category", "product")), strict=True
    ):
        rows = rows_of[scene, category]
        anchor = _mean_colour(dataset, images[scene], Box(*(float(truth[side][rows[0]]) for side in SIDES)))
        away = {id_: np.linalg.norm(colours[id_] - anchor) for id_ in truth["product"][rows].tolist()}
        others = [away[id_] > away[worn] for id_ in away if id_ != worn]
        right.setdefault(category, []).append(float(np.mean(others)))
    accuracy = float(np.mean([np.mean(shares) for shares in right.values()]))
    assert len(right) == 17
    assert 0.4 < accuracy < 0.6


def test_the_truth_of_some_pairs_is_that_of_their_scenes(drawn: Any, truth: Table) -> None:
    looks, pairs = drawn.open(), np.array([3, 0])
    found = read_truth(looks, pairs)
    rows = np.isin(truth["scene"], looks.pairs["scene"][pairs])
    assert 0 < rows.sum() < len(rows)
    assert {name: column.tolist() for name, column in found.items()} == {n: truth[n][rows].tolist() for n in truth}
    assert len(read_truth(looks, np.array([], np.int64))["scene"]) == 0


def test_other_datasets_have_no_truth(dataset: Dataset) -> None:
    with pytest.raises(DataError, match=r"lists no truth\.parquet; expected generated looks, as 'scenefit data lookbo"):
        read_truth(dataset, np.arange(1))
