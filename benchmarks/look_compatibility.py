"""Do products of one scene match by their vectors alone? Measures `catalog.looks.compose` on pairs not trained on.

Usage: python benchmarks/look_compatibility.py DATASET MODEL [DATASET MODEL ...] [--split test] [--together 0.3]

For two products of different categories in a scene of the split: how often does the first one tell the second from
another of its category that is not known to go with the scene? The exact expectation over all of these, 95 % intervals
from the bootstrap over scenes. Several datasets, as the folds of one, are taken together. Features must be there.

S of two categories is the covariance of what the training scenes ask for in the one and in the other (docs/looks.md).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scenefit.catalog.ranking import centred_units
from scenefit.data.dataset import Dataset
from scenefit.evaluation.bootstrap import SceneBootstrap
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.folder import Model
from scenefit.types import Array, Bools, Doubles, Ints

MATCH, CENTRED = "cosine of centred vectors (as looks)", "inner product of centred vectors"
ASKED = "centred vectors with S of the two categories"
SCENE, BOTH, BOTH_ASKED = "the scene", "the scene and the match", "the scene and the match with S"


class Asked(NamedTuple):
    """One product of a scene asked about another: whether each measure is right, and who was seen in training."""

    scene: int
    right: dict[str, float]
    unseen: bool
    both_unseen: bool


def by_category(dataset: Dataset, vectors: Array, unit: bool) -> Doubles:
    """Take each category's mean away, and the length where `unit`; the last number of a vector is its prior."""
    out = np.zeros((len(vectors), vectors.shape[1] - 1))
    for c in range(len(dataset.categories)):
        rows = np.flatnonzero(dataset.product_category == c)
        content = vectors[rows, :-1].astype(np.float64)
        out[rows] = centred_units(vectors[rows]) if unit else content - content.mean(axis=0)
    return out


def training_queries(model: Model, features: DatasetFeatures) -> Doubles:
    """Give the queries of the training scenes less their mean by category; shape (K, N, d)."""
    pairs = features.usable(features.dataset.split_rows("train"))
    queries, _ = model.embed_scenes(features.scene_features(np.unique(features.scene_rows(pairs))))
    return np.asarray((queries - queries.mean(axis=0)).transpose(1, 0, 2), np.float64)


def measures(model: Model, features: DatasetFeatures) -> dict[str, Doubles]:
    """Give vectors (P, .) whose inner products are the measures."""
    dataset = features.dataset
    served = model.vectors(dataset.products, features.product_features)
    plain = np.pad(model.embed_products(features.product_features), ((0, 0), (0, 1)))
    lengths = np.linalg.norm(served[:, :-1], axis=1, keepdims=True)
    return {
        MATCH: by_category(dataset, served, True),
        "the same without memory": by_category(dataset, plain, True),
        CENTRED: by_category(dataset, served, False),
        "cosine, not centred": (served[:, :-1] / np.maximum(lengths, 1e-9)).astype(np.float64),
        "centred cosine of raw features": by_category(dataset, np.pad(features.products, ((0, 0), (0, 1))), True),
    }


def couples(dataset: Dataset, pairs: Ints) -> Iterator[tuple[int, int]]:
    """Give rows of pairs of one scene and different categories, both ways."""
    for scene in np.unique(dataset.pair_scene[pairs]):
        rows = pairs[dataset.pair_scene[pairs] == scene]
        code = dataset.product_category[dataset.pair_product[rows]]
        yield from ((int(rows[i]), int(rows[j])) for i, j in np.argwhere(code[:, None] != code))


def right(truth: np.float64, others: Doubles) -> float:
    return float(np.mean(others < truth) + np.mean(others == truth) / 2)


def study(folder: Path, model_folder: Path, split: str, together: float) -> Iterator[Asked]:
    model, dataset = Model(model_folder), Dataset.open(folder)
    features = DatasetFeatures.open(dataset, model.backbone(1))
    sides, seen = measures(model, features), model.seen(dataset.products)
    asking = training_queries(model, features)
    vectors = model.vectors(dataset.products, features.product_features).astype(np.float64)
    for given, asked in couples(dataset, features.usable(dataset.split_rows(split))):
        one, two = dataset.pair_product[[given, asked]]
        known = dataset.pair_product[dataset.pair_scene == dataset.pair_scene[asked]]
        rivals: Bools = (dataset.product_category == dataset.product_category[two]) & (features.product_rows >= 0)
        rows = np.append(two, np.setdiff1d(np.flatnonzero(rivals), known))
        scores = {name: side[rows] @ side[one] for name, side in sides.items()}
        first, second = (model.category_row(name) for name in dataset.products["category"][[one, two]])
        scores[ASKED] = sides[CENTRED][rows] @ (asking[second].T @ (asking[first] @ sides[CENTRED][one]))
        queries, _ = model.embed_scenes(features.scene_features(features.scene_rows(np.array([asked]))))
        scores[SCENE] = vectors[rows] @ np.append(queries[0, second], 1.0)
        for both, match in ((BOTH, MATCH), (BOTH_ASKED, ASKED)):
            fit, like = (scores[name] / np.std(scores[name]) for name in (SCENE, match))
            scores[both] = (1 - together) * fit + together * like
        scores["prior alone"] = vectors[rows, -1]
        found = {name: right(each[0], each[1:]) for name, each in scores.items()}
        yield Asked(int(dataset.pair_scene[asked]), found, not seen[two], not (seen[two] or seen[one]))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folders", type=Path, nargs="+", help="A dataset and the model trained on it, or several.")
    options.add_argument("--split", default="test")
    options.add_argument("--together", type=float, default=0.3, help="What the match counts beside the scene.")
    given = options.parse_args()
    folds = list(zip(given.folders[::2], given.folders[1::2], strict=True))
    found = [(f, each) for f, pair in enumerate(folds) for each in study(*pair, given.split, given.together)]
    _, scenes = np.unique([(f, each.scene) for f, each in found], axis=0, return_inverse=True)
    bootstrap = SceneBootstrap(scenes, 0)
    groups = {
        "all": np.arange(len(found)),
        "asked for unseen": np.flatnonzero([each.unseen for _, each in found]),
        "both unseen": np.flatnonzero([each.both_unseen for _, each in found]),
    }
    sizes = (f"{name}: {len(rows)} of {len(np.unique(scenes[rows]))} scenes" for name, rows in groups.items())
    print(*sizes, sep="; ", end="\n\n")
    print("| measure |", " | ".join(groups), "|\n|---|" + "---|" * len(groups))
    values = {name: np.array([each.right[name] for _, each in found]) for name in found[0][1].right}
    values |= {f"{both} - {SCENE}": values[both] - values[SCENE] for both in (BOTH, BOTH_ASKED)}
    for name, each in values.items():
        print("|", name, "|", " | ".join(str(bootstrap.estimate(each, rows)) for rows in groups.values()), "|")


if __name__ == "__main__":
    main()
