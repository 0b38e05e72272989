"""What the methods of a comparison need before they train: features of scenes, views and the like, each kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scenefit.compare.mistakes import normalised_twice
from scenefit.compare.task import Method
from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone, BackboneFiles, prepare_backbone
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.features.extract import ExtractReport
from scenefit.features.view_features import compute_views
from scenefit.types import Progress, silent


def prepare(
    dataset: Dataset,
    backbone: Path,
    files: BackboneFiles | None,
    methods: Sequence[Method],
    progress: Progress = silent,
) -> tuple[Path | None, list[tuple[str, str]]]:
    """Compute the features that the methods need and the dataset lacks, of all pairs.

    Args:
        dataset: the dataset.
        backbone: the exported backbone's folder.
        files: its Transformers folder, for the method that needs another preprocessing; None where there is none.
        methods: what will be compared.
        progress: told as it goes on.

    Returns:
        twice: the folder of the backbone with its inputs normalised twice, where a method needs it.
        failed: the pictures that were set aside: (path, reason).

    """
    needs = frozenset().union(*(method.needs for method in methods))
    pairs, opened = np.arange(len(dataset.pair_scene)), Backbone(backbone, threads=1)
    reports = [compute_features(dataset, opened, pairs, items="items" in needs, progress=progress)]
    if "uncropped" in needs:
        reports.append(compute_features(dataset, opened, pairs, cropped=False, progress=progress))
    if "views" in needs:
        reports += _views(dataset, opened, "uncropped" in needs, progress)
    twice = None
    if "twice" in needs and files is not None:
        twice = prepare_backbone(normalised_twice(files))
        reports.append(compute_features(dataset, Backbone(twice, threads=1), pairs, progress=progress))
    return twice, sorted({failure for report in reports for failure in report.failed})


def _views(dataset: Dataset, backbone: Backbone, uncropped: bool, progress: Progress) -> list[ExtractReport]:
    features, pairs = DatasetFeatures.open(dataset, backbone), np.arange(len(dataset.pair_scene))
    return [
        compute_views(features, backbone, pairs, cropped=cropped, progress=progress)
        for cropped in ((True, False) if uncropped else (True,))
    ]
