"""The demo's figures: the model, the oracle and the baselines on generated looks, and where attention falls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scenefit.catalog.gallery import embed_dataset
from scenefit.data.lookbook.truth import deciding_regions, read_truth
from scenefit.data.removal import remove_products
from scenefit.evaluation.attention import attention_on
from scenefit.evaluation.bootstrap import Estimate
from scenefit.evaluation.metrics import binary_accuracy, top_k
from scenefit.evaluation.oracle import Oracle
from scenefit.evaluation.protocol import Bench, ModelScorer, baselines
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.baselines import Scorer
from scenefit.model.folder import Model
from scenefit.types import Box, Doubles

SEED = 0


@dataclass(frozen=True)
class DemoFigures:
    """What the demo measured in one domain.

    `accuracy` and `top_10` hold an estimate for each method, `margin` the model's binary accuracy minus that of raw
    features, `below` the oracle's minus the model's. `attention` falls on the deciding region, which covers `area` of
    what the model sees, both means over the pairs; `concentration` is their ratio pair by pair, then averaged: 1 is no
    better than chance.
    """

    pairs: int
    scenes: int
    gallery: int
    accuracy: Mapping[str, Estimate]
    top_10: Mapping[str, Estimate]
    margin: Estimate
    below: Estimate
    attention: Estimate
    area: Estimate
    concentration: Estimate


def measure(model: Model, features: DatasetFeatures, split: str = "test") -> DemoFigures:
    """Measure the model, the oracle and the baselines on a split of generated looks whose features are at hand."""
    dataset = features.dataset
    bench = Bench.of(features, dataset.split_rows(split), model.categories, True, SEED)
    truth, gallery = read_truth(dataset, bench.pairs), embed_dataset(model, features)
    own = ModelScorer(model, gallery, features, bench.pairs, bench.feature_rows)
    methods: dict[str, Scorer] = {"scenefit": own, "oracle": Oracle(dataset, truth, bench.pairs), **baselines(bench)}
    placings = {name: bench.measure(scorer).placing for name, scorer in methods.items()}
    exact = {name: binary_accuracy(placing) for name, placing in placings.items()}
    on_region, area = _attention(model, bench, deciding_regions(truth))
    estimate = bench.bootstrap.estimate
    return DemoFigures(
        pairs=len(bench.pairs),
        scenes=len(np.unique(dataset.pair_scene[bench.pairs])),
        gallery=len(gallery.products["id"]),
        accuracy={name: estimate(values) for name, values in exact.items()},
        top_10={name: estimate(top_k(placing, 10)) for name, placing in placings.items()},
        margin=estimate(exact["scenefit"] - exact["raw features"]),
        below=estimate(exact["oracle"] - exact["scenefit"]),
        attention=estimate(on_region),
        area=estimate(area),
        concentration=estimate(on_region / area),
    )


def _attention(model: Model, bench: Bench, regions: Mapping[tuple[str, str], Box]) -> tuple[Doubles, Doubles]:
    """Give, for each pair, the attention on its deciding region and the region's share of the strip's area."""
    dataset = bench.features.dataset
    strips, _ = remove_products(dataset.boxes[bench.pairs])
    _, attention = model.embed_scenes(bench.features.scene_features(bench.feature_rows))
    shares = []
    for i, pair in enumerate(bench.pairs):
        scene, category = dataset.pairs["scene"][pair], dataset.pairs["category"][pair]
        map_ = attention[i, model.category_row(category)].reshape(model.grid, model.grid)
        shares.append(attention_on(map_, regions[scene, category], Box(*strips[i].tolist())))
    on_region, area = np.array(shares).T
    return on_region, area
