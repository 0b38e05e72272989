"""Rankings that are looked at: every rank is that of a slow recomputation, and no favourites are chosen."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from scenefit.data.lookbook.truth import read_truth
from scenefit.pages.comparison.examples import EACH, PARTS, Example, chosen, examples, share_beaten, share_that_goes
from scenefit.pages.comparison.grids import grids, placed
from scenefit.pages.comparison.parts import Compared, Shown


@pytest.fixture
def raw(drawn: Compared) -> Shown:
    """The rankings by raw features, whose distances can be computed again in a line."""
    return Shown.of("raw", drawn.records)


def slow_ranking(compared: Compared, pair: int) -> list[tuple[float, int]]:
    """Rank the products of a pair's category by the distance of raw features, one by one: (distance, product)."""
    features, dataset = compared.features, compared.dataset
    scene = features.scenes.read("pooled", features.scene_rows(np.array([pair])))[0].astype(np.float64)
    scene /= np.sqrt((scene**2).sum())
    found = []
    for product in range(len(dataset.products["id"])):
        if dataset.products["category"][product] == dataset.pairs["category"][pair]:
            vector = features.products[product].astype(np.float64)
            vector /= np.sqrt((vector**2).sum())
            found.append((float(((scene - vector) ** 2).sum()), product))
    return sorted(found)


def all_examples(compared: Compared, shown: Shown) -> list[Example]:
    return examples(shown, compared.dataset, np.arange(len(shown.pairs)))


def test_every_rank_is_that_of_a_slow_recomputation(drawn: Compared, raw: Shown) -> None:
    dataset = drawn.dataset
    for example in all_examples(drawn, raw):
        others = set(dataset.pair_product[dataset.pair_scene == dataset.pair_scene[example.pair]]) - {example.truth}
        counted = [product for _, product in slow_ranking(drawn, example.pair) if product not in others]
        assert example.truth == dataset.pair_product[example.pair]
        assert (example.rank, example.of, example.tied) == (counted.index(example.truth) + 1, len(counted), 0)
        for candidate in example.first:
            if candidate.rank is not None:
                assert counted[candidate.rank - 1] == candidate.product
        assert [candidate.rank for candidate in example.first if candidate.rank] == sorted(
            candidate.rank for candidate in example.first if candidate.rank
        )


def test_other_true_products_of_a_scene_do_not_count(drawn: Compared, raw: Shown) -> None:
    """Make the scene's first product another true one: the ranks behind it move up."""
    before = next(e for e in all_examples(drawn, raw) if e.rank > 2)
    dataset = drawn.dataset
    spare = next(i for i in range(len(dataset.pair_scene)) if i not in set(raw.pairs.tolist()))
    scenes, products = dataset.pair_scene.copy(), dataset.pair_product.copy()
    scenes[spare], products[spare] = dataset.pair_scene[before.pair], before.first[0].product
    dataset = type(dataset)(
        **{name: getattr(dataset, name) for name in ("folder", "about", "scenes", "products", "pairs")}
    )
    dataset.__dict__.update(pair_scene=scenes, pair_product=products)
    row = raw.pairs.tolist().index(before.pair)
    (after,) = examples(raw, dataset, np.array([row]))
    assert after.first[0].rank is None
    assert [c.rank for c in after.first[1:]] == list(range(1, len(after.first)))


def test_whether_the_training_saw_the_product(drawn: Compared, raw: Shown) -> None:
    dataset = drawn.dataset
    learned = set(dataset.pair_product[np.isin(dataset.pairs["split"], ["train", "val"])].tolist())
    examples = all_examples(drawn, raw)
    assert examples
    for example in examples:
        assert example.seen == (example.truth in learned)


def test_share_beaten_counts_the_products_behind(drawn: Compared, raw: Shown) -> None:
    beaten = [(example.of - example.rank) / (example.of - 1) for example in all_examples(drawn, raw)]
    np.testing.assert_allclose(share_beaten(raw), beaten)


def test_examples_come_from_their_tenths_and_each_scene_once(folded: Compared) -> None:
    raw, dataset = Shown.of("raw", folded.records), folded.dataset
    found, beaten = chosen(raw, dataset), share_beaten(raw)
    assert [*found] == [*PARTS]
    rows = np.concatenate([*found.values()])
    scenes = dataset.pair_scene[raw.pairs[rows]]
    assert len(rows) == 3 * EACH == len(set(scenes.tolist()))
    assert beaten[found["best"]].min() >= beaten[found["middle"]].max()
    assert beaten[found["middle"]].min() >= beaten[found["worst"]].max()
    order = np.sort(beaten)[::-1]
    assert beaten[found["best"]].min() >= order[7] and beaten[found["worst"]].max() <= order[-8]  # tenths of 80 pairs
    assert order[36] >= beaten[found["middle"]].max() and beaten[found["middle"]].min() >= order[43]
    again = chosen(raw, dataset)
    assert all((again[part] == found[part]).all() for part in PARTS)


def test_examples_are_of_several_categories_where_there_are(folded: Compared) -> None:
    raw, dataset = Shown.of("raw", folded.records), folded.dataset
    beaten, found = share_beaten(raw), chosen(raw, dataset)
    for part, tenth in (("best", np.argsort(-beaten)[:8]), ("worst", np.argsort(beaten)[:8])):
        there = Counter(dataset.pairs["category"][raw.pairs[tenth]].tolist())
        taken = Counter(dataset.pairs["category"][raw.pairs[found[part]]].tolist())
        assert min(taken.values()) >= min(2, *there.values()) or len(there) == 1


def test_the_true_one_is_marked_where_it_stands(drawn: Compared, raw: Shown) -> None:
    page = grids(drawn, raw)
    rows = np.concatenate([*chosen(raw, drawn.dataset).values()])
    told = examples(raw, drawn.dataset, rows)
    blocks = page.split('<div class="grid">')[1:]
    assert len(blocks) == len(told)
    for block, example in zip(blocks, told, strict=True):
        assert f"ranked {example.rank} of {example.of}" in block
        marked = re.findall(r'<li class="true">.*?<b>(\d+)</b>', block)
        assert marked == ([str(example.rank)] if example.rank <= len(example.first) else [])
        assert block.count("<li ") == len(example.first)
        assert ("not seen in training" in block) is not example.seen


def test_ties_are_told() -> None:
    assert placed(Example(0, 0, 5, 3, 1200, True, [])) == "5 to 8 (tied) of 1,200"


def test_the_rule_of_generated_looks(generated: Compared) -> None:
    shown = generated.shown
    assert shown is not None
    truth = read_truth(generated.dataset, shown.pairs)
    columns = (truth[name].tolist() for name in ("scene", "product", "compatible"))
    goes = {(scene, product): bool(fits) for scene, product, fits in zip(*columns, strict=True)}
    found = []
    for example in examples(shown, generated.dataset, np.arange(len(shown.pairs))):
        for candidate in example.first:
            key = (generated.dataset.pairs["scene"][example.pair], generated.dataset.products["id"][candidate.product])
            assert candidate.goes is goes[key]
            found.append(goes[key])
    assert share_that_goes(shown, generated.dataset) == pytest.approx(np.mean(found))


def test_without_a_rule_nothing_is_said_of_it(drawn: Compared, raw: Shown) -> None:
    assert share_that_goes(raw, drawn.dataset) is None
    assert all(c.goes is None for example in all_examples(drawn, raw) for c in example.first)


def test_folds_are_joined_in_the_order_of_their_attention(folded: Compared) -> None:
    shown = folded.shown
    assert shown is not None and shown.name == "ctl-paper" and shown.attention is not None
    parts = [record for record in folded.records if record.method == "ctl-paper"]
    assert len(parts) == 2 and len(shown.pairs) == len(shown.attention) == 80
    for record in parts:
        pairs = record.placings["pair"].tolist()
        rows = [shown.pairs.tolist().index(pair) for pair in pairs]
        np.testing.assert_array_equal(shown.attention[rows], record.attention)
