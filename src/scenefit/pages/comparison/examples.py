"""Which rankings a comparison's report looks at: a rule without favourites, and what is known of each ranking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scenefit.data.dataset import Dataset
from scenefit.data.lookbook.truth import TRUTH_FILE, read_truth
from scenefit.evaluation.metrics import Placing, binary_accuracy
from scenefit.pages.comparison.parts import Shown
from scenefit.types import Doubles, Ints

EACH = 4
SEED = 0
PARTS = {
    "best": "From the best",
    "middle": "From the middle",
    "worst": "From the worst: failures",
}


@dataclass(frozen=True)
class Candidate:
    """A product of a ranking: its row; its rank, None for another true product of the scene, which does not count.

    `goes` says whether it goes with the scene by the rule; None where no rule is known.
    """

    product: int
    rank: int | None
    distance: float
    goes: bool | None


@dataclass(frozen=True)
class Example:
    """A ranking to look at: `rank` of the true product among `of` candidates, `tied` of them as near as it."""

    pair: int
    truth: int
    rank: int
    tied: int
    of: int
    seen: bool
    first: Sequence[Candidate]


def share_beaten(shown: Shown) -> Doubles:
    """Give, for each pair, the share of the eligible products that the true one is ranked before; ties count half."""
    return binary_accuracy(Placing(*(shown.placings[name] for name in Placing._fields)))


def size_of_part(count: int) -> int:
    """Give how many of `count` rankings a part is drawn from: a tenth, of few rankings `EACH`."""
    return max(EACH, count // 10)


def chosen(shown: Shown, dataset: Dataset) -> dict[str, Ints]:
    """Choose rankings from the best, the middle and the worst, by the share of products beaten.

    The draw is seeded: `EACH` of `size_of_part`, of different categories as far as there are, no scene twice.

    Returns:
        rows of `shown`, by part of `PARTS`.
    """
    beaten = share_beaten(shown)
    draw = np.random.default_rng(SEED).permutation(len(beaten))
    order = draw[np.argsort(-beaten[draw], kind="stable")]  # (N,), the best first, ties as drawn
    size = size_of_part(len(order))
    middle = max(0, (len(order) - size) // 2)
    tenths = {"best": order[:size], "worst": order[-size:], "middle": order[middle : middle + size]}
    taken: set[int] = set()
    found = {part: _varied(draw[np.isin(draw, rows)], shown, dataset, taken) for part, rows in tenths.items()}
    return {part: found[part] for part in PARTS}


def _varied(rows: Ints, shown: Shown, dataset: Dataset, taken: set[int]) -> Ints:
    """Take `EACH` of the rows, at first one of each category, then two, and so on; no scene that is in `taken`."""
    picked: list[int] = []
    met: Counter[str] = Counter()
    for most in range(1, EACH + 1):
        for row in rows.tolist():
            scene = int(dataset.pair_scene[shown.pairs[row]])
            category = str(dataset.pairs["category"][shown.pairs[row]])
            if len(picked) < EACH and scene not in taken and met[category] < most:
                picked.append(row)
                taken.add(scene)
                met[category] += 1
    return np.array(picked, np.int64)


def examples(shown: Shown, dataset: Dataset, rows: Ints) -> list[Example]:
    """Tell of the rankings in rows of `shown` what a reader wants to see."""
    known = _rule(dataset, shown.pairs[rows])
    return [_example(shown, dataset, row, known) for row in rows.tolist()]


Rule = dict[tuple[str, str], bool]


def share_that_goes(shown: Shown, dataset: Dataset) -> float | None:
    """Give the share of the first products that go with their scene by the rule; None where no rule is known."""
    pairs = shown.tops["pair"].astype(np.int64)
    known = _rule(dataset, pairs)
    if known is None:
        return None
    keys = zip(
        dataset.pairs["scene"][pairs], dataset.products["id"][shown.tops["product"].astype(np.int64)], strict=True
    )
    return float(np.mean([known[key] for key in keys]))


def _rule(dataset: Dataset, pairs: Ints) -> Rule | None:
    """Give, for generated looks, by (scene, product) whether they go together, for the scenes of some pairs."""
    if TRUTH_FILE not in dataset.about["files"]:
        return None
    truth = read_truth(dataset, pairs)
    columns = (truth[name].tolist() for name in ("scene", "product", "compatible"))
    return {(scene, product): bool(goes) for scene, product, goes in zip(*columns, strict=True)}


def _example(shown: Shown, dataset: Dataset, row: int, known: Rule | None) -> Example:
    pair = int(shown.pairs[row])
    truth, scene = int(dataset.pair_product[pair]), dataset.pair_scene[pair]
    others = set(dataset.pair_product[dataset.pair_scene == scene].tolist()) - {truth}
    better, tied, eligible = (int(shown.placings[name][row]) for name in Placing._fields)
    here = np.flatnonzero(shown.tops["pair"] == pair)
    here = here[np.argsort(shown.tops["position"][here])]
    first, rank = [], 0
    for place in here.tolist():
        product = int(shown.tops["product"][place])
        rank += product not in others
        goes = None if known is None else known.get((dataset.pairs["scene"][pair], dataset.products["id"][product]))
        number = None if product in others else rank
        first.append(Candidate(product, number, float(shown.tops["distance"][place]), goes))
    return Example(pair, truth, better + 1, tied, eligible + 1, bool(shown.placings["seen"][row]), first)
