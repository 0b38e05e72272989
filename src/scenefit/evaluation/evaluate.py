"""The evaluation of a model: its figures on a split, of each kind of product, beside those of the baselines."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenefit.catalog.gallery import embed_dataset
from scenefit.evaluation.calibration_figures import measure_calibration
from scenefit.evaluation.fitb import measure_questions
from scenefit.evaluation.protocol import Bench, ModelScorer, baselines
from scenefit.evaluation.wanted import measure_wanted
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.folder import Model


def evaluate(
    model: Model,
    features: DatasetFeatures,
    split: str,
    *,
    cropped: bool = True,
    novelty: float = 0.0,
    seed: int = 0,
) -> dict[str, Any]:
    """Evaluate a model and the baselines on a split whose features are in the store.

    Popularity counts the pairs of the dataset's training split. `novelty` in [0, 1] takes that share of the products'
    prior away.

    Returns:
        the content of `evaluate --json`: value, low and high (95 %, bootstrap over scenes) of each figure; "fitb" is
        there when the dataset asks questions.

    Raises:
        DataError: the split is empty, or none of its pairs can be evaluated.
        UsageError: novelty is out of range.
    """
    dataset = features.dataset
    rows = dataset.split_rows(split)
    bench = Bench.of(features, rows, model.categories, cropped, seed)
    gallery = embed_dataset(model, features)
    own = ModelScorer(model, gallery, features, bench.pairs, bench.feature_rows, novelty)
    others = baselines(bench)
    measures, fitb = bench.measure(own), measure_questions(bench, rows, own, others)
    seen = model.seen({name: column[dataset.pair_product[bench.pairs]] for name, column in dataset.products.items()})
    names = dataset.pairs["category"][bench.pairs]
    return {
        "n": len(bench.pairs),
        "scenes": len(np.unique(dataset.pair_scene[bench.pairs])),
        "set_aside": bench.set_aside,
        "split": split,
        "view": "cropped" if cropped else "uncropped",
        "gallery": len(gallery.products["id"]),
        "seed": seed,
        "novelty": novelty,
        "model": model.fingerprint,
        "dataset": dataset.fingerprint,
        **measures.summary(),
        "attention": {"cells": model.grid**2, "effective_cells": bench.bootstrap.estimate(own.cells).as_json()},
        "calibration": measure_calibration(bench, own, model.calibration) if model.calibration else None,
        "wanted": measure_wanted(model, bench),
        "seen_products": {"n": int(seen.sum()), **measures.summary(seen)},
        "unseen_products": {"n": int((~seen).sum()), **measures.summary(~seen)},
        "by_category": {
            name: {"n": int((names == name).sum()), **measures.summary(names == name)} for name in np.unique(names)
        },
        "baselines": {name: bench.measure(scorer).summary() for name, scorer in others.items()},
        **({} if fitb is None else {"fitb": fitb}),
    }
