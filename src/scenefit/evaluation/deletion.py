"""Deletion and insertion: how a model's scores change as the cells that it attends to are masked, or alone shown.

After Petsiuk et al., "RISE", BMVC 2018, with other orders of the cells beside it: at random, by saliency, centre first.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from scenefit.catalog.gallery import embed_dataset
from scenefit.errors import DataError, ImageError, UsageError
from scenefit.evaluation.attention_study import check_backbone
from scenefit.evaluation.deletion_curves import ORDERS, Asked, Masker, PairCurves
from scenefit.evaluation.deletion_figures import MEASURES, deletion_figures
from scenefit.evaluation.masking import steps
from scenefit.evaluation.protocol import Bench
from scenefit.features.dataset_features import DatasetFeatures, scene_crops
from scenefit.model.folder import Model
from scenefit.types import Ints, Progress, silent

BLUR = 0.25
"""Standard deviation of the blur that masks, as a share of the view's side."""
PAIRS = 200


def deletion(
    model: Model,
    features: DatasetFeatures,
    rows: Ints,
    *,
    cropped: bool = True,
    pairs: int = PAIRS,
    blur: float = BLUR,
    novelty: float = 0.0,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Mask the cells of scenes in several orders, through the backbone, and follow the score of the true product.

    Args:
        model: the model.
        features: of the model's backbone; those of the pairs and products are in the store.
        rows: of the dataset's pairs, of which some are drawn.
        cropped: whether the product is removed from the scene first.
        pairs: how many to draw at most, of as many scenes as there are.
        blur: the standard deviation of the blur that masks, as a share of the view's side; infinite for the mean
            colour.
        novelty: in [0, 1], the share of the products' prior that is taken away.
        seed: of the draws: pairs, random orders, bootstrap.
        progress: told of the pairs done.

    Returns:
        for JSON: pairs, scenes, view, blur (None for the mean colour), novelty, seed, grid, `steps` (how many cells are
        masked, or shown), `orders`, `spread` (the unit of the margin, in the model's distance), `failed` (picture and
        reason), and what `deletion_figures` gives.

    Raises:
        DataError: none of the pairs can be evaluated, or none of the pictures read.
        FingerprintError: the features are another backbone's.
        UsageError: `pairs` is below 1, `blur` is not above 0, or `novelty` is out of range.
    """
    if pairs < 1 or not blur > 0:
        raise UsageError(f"got {pairs} pairs and a blur of {blur}; expected at least 1 pair, and a blur above 0")
    check_backbone(model, features)
    bench = Bench.of(features, rows, model.categories, cropped, seed)
    chosen = draw_pairs(features.dataset.pair_scene[bench.pairs], pairs, seed)
    asked = _asked(replace(bench, pairs=bench.pairs[chosen], feature_rows=bench.feature_rows[chosen]), cropped)
    masker = Masker(model, model.backbone(threads=1), embed_dataset(model, features), blur, novelty, seed)
    done, failed = _run(masker, asked, progress)
    if not done:
        raise DataError(f"none of the {len(asked)} pictures can be read; the first: {failed[0][1]}")
    return {
        "view": "cropped" if cropped else "uncropped",
        "blur": blur if np.isfinite(blur) else None,
        "novelty": novelty,
        "failed": failed,
        **_figures(features, done, seed),
    }


def _figures(features: DatasetFeatures, done: Sequence[tuple[Asked, PairCurves]], seed: int) -> dict[str, Any]:
    scenes = features.dataset.pair_scene[[asked.pair for asked, _ in done]]
    values = np.stack([curves.values for _, curves in done])
    spread = float(np.sqrt(np.mean([curves.spread**2 for _, curves in done])))
    values[:, MEASURES.index("margin")] /= spread or 1.0  # all distances are equal: so are the margins, to 0
    counts = steps(features.grid)
    return {
        "pairs": len(done),
        "scenes": len(np.unique(scenes)),
        "seed": seed,
        "grid": features.grid,
        "steps": counts.tolist(),
        "orders": list(ORDERS),
        "spread": spread,
        **deletion_figures(values, counts / features.grid**2, list(ORDERS), scenes, seed=seed),
    }


def draw_pairs(scenes: Ints, count: int, seed: int) -> Ints:
    """Draw at most `count` of N pairs, a second one of a scene only when every scene has one; ascending rows.

    >>> scenes = np.array([4, 4, 7, 4, 9])
    >>> sorted(scenes[draw_pairs(scenes, 3, seed=0)].tolist())
    [4, 7, 9]
    """
    mixed = np.random.default_rng(seed).permutation(len(scenes))
    _, scene = np.unique(scenes[mixed], return_inverse=True)
    by_scene = np.argsort(scene, kind="stable")
    turn = np.empty(len(scenes), np.int64)  # how many pairs of its scene come before
    turn[by_scene] = np.arange(len(scenes)) - np.searchsorted(scene[by_scene], scene[by_scene])
    return np.sort(mixed[np.argsort(turn, kind="stable")[:count]])


def _asked(bench: Bench, cropped: bool) -> list[Asked]:
    dataset, found = bench.features.dataset, list[Asked]()
    for products, rows in bench.by_category():
        pairs, (positive, eligible) = bench.pairs[rows], bench.truth(products, rows)
        category = str(dataset.products["category"][products[0]])
        crops = scene_crops(dataset, pairs, cropped)
        found += [
            Asked(int(pair), crop, category, int(own), others)
            for pair, crop, own, others in zip(pairs, crops, positive, eligible, strict=True)
            if crop is not None  # none is: all have features
        ]
    return found


def _run(
    masker: Masker, asked: Sequence[Asked], progress: Progress
) -> tuple[list[tuple[Asked, PairCurves]], list[tuple[str, str]]]:
    """Measure pairs, a thread a core; give what was measured, and (picture, reason) of those that cannot be read."""
    done, failed = list[tuple[Asked, PairCurves]](), list[tuple[str, str]]()
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        futures = [pool.submit(masker.measure, each) for each in asked]
        try:
            for each, future in zip(asked, futures, strict=True):
                try:
                    done.append((each, future.result()))
                except ImageError as error:
                    failed.append((str(each.crop.path), str(error)))
                progress("pairs masked", len(done) + len(failed), len(asked))
        finally:
            for future in futures:
                future.cancel()
    return done, failed
