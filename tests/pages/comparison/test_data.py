"""The data's facts, where a method fails and where it looks: against slow counts."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from scenefit.data.removal import remove_product
from scenefit.data.splits import fold_splits
from scenefit.evaluation.attention import effective_cells
from scenefit.evaluation.attention_figures import ENERGY, SPECTRAL
from scenefit.evaluation.attention_study import ATTENTION
from scenefit.pages.comparison.attention import attention_table, attention_words, maps_of, studied
from scenefit.pages.comparison.data import categories_table, leaks, splits_table
from scenefit.pages.comparison.failures import failures_table, groups
from scenefit.pages.comparison.parts import Compared, Shown
from scenefit.pages.comparison.views import inside_view, views
from scenefit.types import Array, Box


def cells(page: str) -> dict[str, list[str]]:
    """Give the cells of each row of a table by its heading."""
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in page.split("<tr>")[2:]]
    return {re.sub("<[^>]*>", "", row[0]): [cell.replace("&nbsp;", " ") for cell in row[1:]] for row in rows}


def slow_counts(compared: Compared, splits: Array, split: str) -> list[str]:
    pairs = compared.dataset.pairs
    inside = [i for i in range(len(splits)) if splits[i] == split]
    trained = {pairs["product"][i] for i in range(len(splits)) if splits[i] == "train"}
    products = {pairs["product"][i] for i in inside}
    shared = len(products & trained)
    told = "-" if split == "train" else f"{shared} ({shared / len(products) * 100:.0f} %)"
    return [str(len(inside)), str(len({pairs["scene"][i] for i in inside})), str(len(products)), told]


def test_counts_of_the_splits(drawn: Compared) -> None:
    table = cells(splits_table(drawn))
    for split in ("train", "val", "test"):
        assert table[split] == slow_counts(drawn, drawn.dataset.pairs["split"], split)
    assert table["all"][:2] == ["80", "40"]


def test_counts_of_the_folds(folded: Compared) -> None:
    table = cells(splits_table(folded))
    contents = folded.dataset.scenes["content"][folded.dataset.pair_scene]
    for fold in range(2):
        assert table[f"fold {fold + 1}, tested"] == slow_counts(folded, fold_splits(contents, fold, 2, 0), "test")


def test_counts_of_the_categories(drawn: Compared) -> None:
    ranked = Counter(drawn.dataset.pairs["category"][drawn.runs["raw"].pairs].tolist())
    for name, (products, pairs, counted) in cells(categories_table(drawn)).items():
        assert int(products) == list(drawn.dataset.products["category"]).count(name)
        assert int(pairs) == list(drawn.dataset.pairs["category"]).count(name)
        assert int(counted) == ranked[name]


def test_leaks_are_counted(drawn: Compared) -> None:
    facts = dict(leaks(drawn))
    runs = drawn.runs["raw"]
    asked = int((drawn.dataset.pairs["split"] == "test").sum())
    assert facts[f"{len(runs.pairs)} of {asked} pairs ranked"].startswith(f"{asked - len(runs.pairs)} set aside")
    share = f"{runs.seen.mean() * 100:.0f}&nbsp;%"
    assert f"{runs.seen.sum()} of them ({share}) ask for a product seen in training" in facts
    assert facts["0 pictures of scenes stand in two splits"] == "splits go by picture, never by pair"


def test_groups_tell_how_much_of_the_scene_was_left(drawn: Compared) -> None:
    runs, boxes = drawn.runs["raw"], drawn.dataset.boxes[drawn.runs["raw"].pairs]
    found = groups(runs, boxes)
    assert found["all pairs"].all() and (found["product unseen"] == ~runs.seen).all()
    shares = {name: rows for name, rows in found.items() if "scene left" in name}
    assert (np.stack([*shares.values()]).sum(axis=0) == 1).all()  # each pair is in one
    for i, box in enumerate(boxes.tolist()):
        area = remove_product(Box(*box)).area
        (name,) = (name for name, rows in shares.items() if rows[i])
        low, high = re.findall(r"\d+", name.replace("under", "0 to"))[:2]
        assert int(low) / 100 <= area + 1e-9 and area <= int(high) / 100 + 1e-9


def test_a_tenth_of_all_pairs_is_the_worst_tenth(drawn: Compared) -> None:
    table = cells(failures_table(drawn, "ctl-paper"))
    pairs, accuracy, _, worst = table["all pairs"]
    assert int(pairs) == len(drawn.runs["ctl-paper"].pairs)
    assert accuracy.startswith(f"{drawn.accuracy('ctl-paper'):.3f}".lstrip("0"))
    assert float(worst.split()[0]) >= 10
    assert sum(int(row[0]) for name, row in table.items() if name.startswith("product")) == int(pairs)


def test_the_study_measures_the_maps_of_the_run(generated: Compared) -> None:
    shown = generated.shown
    assert shown is not None and shown.attention is not None
    study = studied(generated, shown)
    assert study is not None and study["pairs"] == len(shown.pairs)
    grid = generated.features.grid
    slow = np.mean([effective_cells(own.reshape(grid, grid)) for own in shown.attention])
    own = study["methods"][ATTENTION]["all"]
    assert own["effective_cells"]["value"] == pytest.approx(slow, rel=1e-3)
    assert {ENERGY, SPECTRAL} == set(own["likeness"])
    table = cells(attention_table(study, grid))
    assert [*table] == ["all", *sorted(study["methods"][ATTENTION]["by_category"])]
    assert table["all"][-3] == f"{own['region']['share']['value'] * 100:.0f} %"
    assert f"{slow:.1f} [" in attention_words(study, shown, grid)


def test_maps_are_of_the_pairs_they_stand_for(drawn: Compared) -> None:
    shown = drawn.shown
    assert shown is not None and shown.attention is not None
    found = maps_of(drawn, shown, np.array([3, 0]))
    assert found is not None and found.pairs.tolist() == shown.pairs[[3, 0]].tolist()
    grid = drawn.features.grid
    np.testing.assert_array_equal(found.maps[ATTENTION].reshape(2, -1), shown.attention[[3, 0]])
    assert all(own.shape == (2, grid, grid) for own in found.maps.values())


def test_without_attention_there_is_nothing_to_study(drawn: Compared) -> None:
    raw = Shown.of("raw", drawn.records)
    assert maps_of(drawn, raw, np.array([0])) is None
    assert studied(drawn, raw) is None and views(drawn, raw) == ""


def test_each_view_stands_beside_three_maps(folded: Compared) -> None:
    shown = folded.shown
    assert shown is not None
    rows = views(folded, shown).split('<div class="view-row">')[1:]
    assert len(rows) == 6
    for row in rows:
        assert row.count("<figure>") == 4 and row.count('class="heat"') == 3
        assert "attention, " in row and "spectral residual, r" in row and "activation energy, r" in row


@pytest.mark.parametrize(
    "box", [(0.1, 0.2, 0.4, 0.5), (0.0, 0.0, 1.0, 1.0), (0.7, 0.1, 0.9, 0.3), (0.45, 0.3, 0.6, 0.9)]
)
def test_a_box_inside_a_view_covers_the_same_pixels(box: tuple[float, float, float, float]) -> None:
    view, whole = Box(0.2, 0.0, 0.6, 0.5), np.zeros((100, 100), bool)
    whole[round(box[1] * 100) : round(box[3] * 100), round(box[0] * 100) : round(box[2] * 100)] = True
    seen = whole[0:50, 20:60]
    inside = inside_view(Box(*box), view)
    if inside is None:
        assert not seen.any()
        return
    again = np.zeros_like(seen)
    again[round(inside.top * 50) : round(inside.bottom * 50), round(inside.left * 40) : round(inside.right * 40)] = True
    np.testing.assert_array_equal(again, seen)
