"""Quality by cross-validation over scenes: every pair is tested once by a model that never saw its scene.

Usage: python benchmarks/cross_validation.py DATASET --backbone DIR [--folds 5] [--recipe ctl-paper] [--json FILE]

Each fold trains on the other scenes (a ninth of them chooses the epoch) and ranks the fold's pairs, with the product
removed, among all products of the category. "left in" trains and tests with the product in the scene: the leak. The
pairs of all folds are pooled; intervals are 95 %, bootstrap over scenes, differences paired.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from scenefit.catalog.store import embed_dataset
from scenefit.config import recipe
from scenefit.data.dataset import Dataset
from scenefit.evaluation.bootstrap import SceneBootstrap
from scenefit.evaluation.metrics import Placing, binary_accuracy, reciprocal_rank, top_k
from scenefit.evaluation.protocol import Bench, ModelScorer, baselines
from scenefit.features.backbone import Backbone, find_backbone, prepare_backbone
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.model.folder import Model
from scenefit.training.run import train_model
from scenefit.types import Array, Ints

METRICS = {
    "binary accuracy": binary_accuracy,
    "top-10": lambda placing: top_k(placing, 10),
    "MRR": reciprocal_rank,
}


def fold_splits(dataset: Dataset, fold: int, folds: int, seed: int) -> Array:
    """Give each pair its split in a fold: by the content of its scene's picture."""
    contents = dataset.scenes["content"][dataset.pair_scene]
    groups = np.array(sorted(set(contents.tolist())))
    order = np.random.default_rng(seed).permutation(len(groups))
    place = dict(zip(groups[order], np.arange(len(groups)), strict=True))
    parts = np.array([place[content] for content in contents])
    split = np.where(parts % folds == fold, "test", "train").astype(object)
    split[(split == "train") & (parts // folds % 9 == 0)] = "val"
    return split


def run_fold(
    dataset: Dataset, backbone: Backbone, name: str, seed: int, cropped: bool
) -> tuple[Ints, dict[str, Placing], Array]:
    """Train and measure on one fold: pair rows, the placings of each method, whether the product was seen."""
    config = replace(recipe(name, seed), cropped=cropped)
    with tempfile.TemporaryDirectory() as work:
        train_model(dataset, backbone, config, Path(work) / "model")
        model = Model(Path(work) / "model")
        compute_features(dataset, backbone, dataset.split_rows("test"), cropped=cropped)
        features = DatasetFeatures.open(dataset, backbone)
        bench = Bench.of(features, dataset.split_rows("test"), model.categories, cropped, seed)
        catalog = embed_dataset(model, features)
        scorers = {name: ModelScorer(model, catalog, features, bench.pairs, bench.feature_rows), **baselines(bench)}
        products = dataset.pair_product[bench.pairs]
        seen = model.seen({column: values[products] for column, values in dataset.products.items()})
        return bench.pairs, {method: bench.measure(scorer).placing for method, scorer in scorers.items()}, seen


def pool(parts: list[Placing]) -> Placing:
    return Placing(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def measure(dataset: Dataset, backbone: Backbone, args: argparse.Namespace, cropped: bool) -> dict[str, object]:
    pairs, placings, seen = [], {}, []
    for fold in range(args.folds):
        splits = fold_splits(dataset, fold, args.folds, args.seed)
        part = replace(dataset, pairs={**dataset.pairs, "split": splits})
        rows, methods, known = run_fold(part, backbone, args.recipe, args.seed, cropped)
        pairs.append(rows)
        seen.append(known)
        for method, placing in methods.items():
            placings.setdefault(method, []).append(placing)
        Console(stderr=True).print(f"fold {fold + 1} of {args.folds}, product {'removed' if cropped else 'left in'}")
    rows, known = np.concatenate(pairs), np.concatenate(seen)
    bootstrap = SceneBootstrap(dataset.pair_scene[rows], args.seed)
    result: dict[str, object] = {"n": len(rows), "scenes": len(np.unique(dataset.pair_scene[rows]))}
    own = pool(placings[args.recipe])
    for method, parts in placings.items():
        placing = pool(parts)
        result[method] = {
            metric: bootstrap.estimate(values(placing)).as_json() for metric, values in METRICS.items()
        } | {
            "difference in binary accuracy": bootstrap.estimate(
                binary_accuracy(own) - binary_accuracy(placing)
            ).as_json()
        }
    for part, chosen in (("seen products", known), ("unseen products", ~known)):
        where = np.flatnonzero(chosen)
        result[part] = {"n": len(where)} | {
            metric: bootstrap.estimate(values(own), where).as_json() for metric, values in METRICS.items()
        }
    return result


def show(title: str, result: dict[str, object]) -> None:
    table = Table(title=f"{title}: {result['n']} pairs, {result['scenes']} scenes", title_justify="left")
    for column in ("method", *METRICS):
        table.add_column(column)
    for method, values in result.items():
        if isinstance(values, dict):
            figures = [values[metric] for metric in METRICS]
            table.add_row(method, *(f"{f['value']:.3f} [{f['low']:.3f}, {f['high']:.3f}]" for f in figures))
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--recipe", default="ctl-paper")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    dataset = Dataset.open(args.dataset)
    backbone = Backbone(prepare_backbone(find_backbone(args.backbone)), threads=1)
    results = {}
    for name, cropped in (("product removed", True), ("product left in", False)):
        results[name] = measure(dataset, backbone, args, cropped)
        show(name, results[name])
        if args.json:
            args.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
