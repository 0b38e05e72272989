"""The attention study of a model: its maps for pairs of a dataset, beside the saliency of the same views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scenefit.data.dataset import Dataset
from scenefit.data.images import decode
from scenefit.data.lookbook.truth import TRUTH_FILE, deciding_regions, read_truth
from scenefit.errors import DataError, FingerprintError, ImageError, UsageError
from scenefit.evaluation.attention_figures import ENERGY, SPECTRAL, StudiedPairs, attention_study
from scenefit.evaluation.saliency import SIDE, activation_energy, spectral_residual
from scenefit.features.dataset_features import DatasetFeatures, scene_crops
from scenefit.features.extract import read_unchanged
from scenefit.model.folder import Model
from scenefit.types import Box, Crop, Floats, Ints, Progress, silent

ATTENTION = "attention"
CHUNK = 512


def study(
    model: Model,
    features: DatasetFeatures,
    rows: Ints,
    *,
    cropped: bool = True,
    groups: Mapping[str, str] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Study a model's attention for each pair's own category, beside the saliency of the same views.

    Of generated looks, the region is the box of the item that decides.

    Args:
        model: the model.
        features: of the model's backbone; those of the pairs are in the store.
        rows: of the dataset's pairs.
        cropped: whether the product is removed from the scene.
        groups: the group of each category, such as its domain; None for no groups.
        seed: of the bootstrap over scenes.
        progress: told of the pictures read.

    Returns:
        what `attention_study` gives, and: model, dataset (fingerprints), view, grid, `set_aside` (pairs without
        features or of a category that the model does not know) and `failed` (picture and reason, set aside too).

    Raises:
        DataError: no pair is left.
        FingerprintError: the features are another backbone's.
        UsageError: a category has no group.
    """
    check_backbone(model, features)
    _check_groups(model, features, groups)
    dataset = features.dataset
    known = rows[np.isin(dataset.pairs["category"][rows], model.categories)]
    known = known[features.scene_rows(known, cropped) >= 0]
    crops = [crop for crop in scene_crops(dataset, known, cropped) if crop is not None]  # none is: all have features
    seen, saliency, failed = view_saliency(crops, features.grid, progress)
    if not len(seen):
        raise DataError(
            f"none of the {len(rows)} pairs can be studied; they need features, a category that the model knows "
            f"({', '.join(model.categories)}), and a picture that can be read"
        )
    pairs = known[seen]
    maps = {**stored_maps(model, features, pairs, cropped), SPECTRAL: saliency}
    studied = _studied(dataset, pairs, [crops[row].box for row in seen], groups)
    return {
        "model": model.fingerprint,
        "dataset": dataset.fingerprint,
        "view": "cropped" if cropped else "uncropped",
        "grid": features.grid,
        "set_aside": len(rows) - len(known),
        "failed": failed,
        **attention_study(maps, studied, seed=seed),
    }


def _studied(dataset: Dataset, pairs: Ints, views: list[Box], groups: Mapping[str, str] | None) -> StudiedPairs:
    categories = dataset.pairs["category"][pairs]
    labels = None if groups is None else np.array([groups[name] for name in categories.tolist()], object)
    return StudiedPairs(categories, dataset.pair_scene[pairs], views, deciding_boxes(dataset, pairs), labels)


def check_backbone(model: Model, features: DatasetFeatures) -> None:
    """Refuse features of another backbone than the model was trained on.

    Raises:
        FingerprintError: they are.
    """
    got, expected = features.store.fingerprint, model.backbone_fingerprint
    if got != expected:
        raise FingerprintError(
            f"got features of the backbone {got[:12]}; the model was trained on {expected[:12]}: "
            "compute them with model.backbone()"
        )


def _check_groups(model: Model, features: DatasetFeatures, groups: Mapping[str, str] | None) -> None:
    lacking = set() if groups is None else {*model.categories} & {*features.dataset.categories} - {*groups}
    if lacking:
        raise UsageError(
            f"got no group for {sorted(lacking)}; expected one for each category of the model and the dataset"
        )


def view_saliency(
    crops: Sequence[Crop], grid: int, progress: Progress = silent
) -> tuple[Ints, Floats, list[tuple[str, str]]]:
    """Give the spectral residual of B views of picture files.

    Returns:
        rows: shape (M,), of the views whose picture can be read and is unchanged.
        maps: shape (M, grid, grid), float32, theirs, each summing to 1.
        failed: (picture, reason) for each other view.
    """
    rows: list[int] = []
    maps, failed = [np.empty((0, grid, grid), np.float32)], []
    for row, crop in enumerate(crops):
        try:
            pixels = decode(read_unchanged(crop), (SIDE, SIDE), crop.box)
        except ImageError as error:
            failed.append((str(crop.path), str(error)))
        else:
            rows.append(row)
            maps.append(spectral_residual(pixels[None], grid))
        progress("spectral residual", row + 1, len(crops))
    return np.array(rows, np.int64), np.concatenate(maps), failed


def stored_maps(model: Model, features: DatasetFeatures, pairs: Ints, cropped: bool = True) -> dict[str, Floats]:
    """Read the maps of N pairs that need no picture: the model's attention for each one's category, and the energy.

    Returns:
        `ATTENTION` and `ENERGY`, each of shape (N, G, G), float32, each map summing to 1.
    """
    rows = features.scene_rows(pairs, cropped)
    category = np.array([model.category_row(name) for name in features.dataset.pairs["category"][pairs]])
    own, energy = np.empty((2, len(pairs), features.grid, features.grid), np.float32)
    for start in range(0, len(pairs), CHUNK):
        here = slice(start, start + CHUNK)
        found = features.scene_features(rows[here])
        _, attention = model.embed_scenes(found)  # (B, K, G * G)
        own[here] = attention[np.arange(len(attention)), category[here]].reshape(own[here].shape)
        energy[here] = activation_energy(found.regions)
    return {ATTENTION: own, ENERGY: energy}


def deciding_boxes(dataset: Dataset, pairs: Ints) -> list[Box | None] | None:
    """Give the box of the item that decides for each pair of generated looks; None for a dataset without truth."""
    if TRUTH_FILE not in dataset.about["files"]:
        return None
    regions = deciding_regions(read_truth(dataset, pairs))
    keys = zip(dataset.pairs["scene"][pairs], dataset.pairs["category"][pairs], strict=True)
    return [regions.get(key) for key in keys]
