"""`scenefit evaluate`: measure a model on a split of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from scenefit.cli.attention import show_attention
from scenefit.cli.output import Json, Seed, note, progress, show_failures, show_json, show_table
from scenefit.cli.probabilities import check_reliability, show_probabilities, write_reliability
from scenefit.data.dataset import Dataset
from scenefit.evaluation.deletion import PAIRS
from scenefit.evaluation.deletion import deletion as mask_attended
from scenefit.evaluation.evaluate import evaluate as measure
from scenefit.evaluation.text import interval, number
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.model.folder import Model


def evaluate(
    model: Path = typer.Argument(help="The model folder."),
    dataset: Path = typer.Argument(help="The dataset folder."),
    split: str = typer.Option("test", help="val, test, train or all."),
    uncropped: bool = typer.Option(False, help="Leave the product in the scene, to see how much that leaks."),
    novelty: float = typer.Option(0.0, min=0, max=1, help="0: the products' prior counts in full; 1: not at all."),
    deletion: bool = typer.Option(
        False, "--deletion", help="Mask what the model attends to, and see what that does; many runs of the backbone."
    ),
    deletion_pairs: int = typer.Option(PAIRS, min=1, help="Pairs to mask at most, of as many scenes as there are."),
    reliability: Path | None = typer.Option(None, help="Also write a page with the reliability plot, as HTML."),
    seed: int = Seed,
    as_json: bool = Json,
) -> None:
    """Evaluate a model beside random, popularity and raw features, with 95 % intervals over scenes.

    Example: scenefit evaluate model stl --split test
    """
    opened, trained = Dataset.open(dataset), Model(model)
    check_reliability(trained, reliability)
    backbone = trained.backbone(threads=1)
    with progress() as tell:
        rows = opened.split_rows(split)
        report = compute_features(opened, backbone, rows, cropped=not uncropped, progress=tell)
    show_failures(report.failed)
    features = DatasetFeatures.open(opened, backbone)
    result = measure(trained, features, split, cropped=not uncropped, novelty=novelty, seed=seed)
    write_reliability(result, reliability)
    if deletion:
        with progress() as tell:
            result["deletion"] = mask_attended(
                trained,
                features,
                rows,
                cropped=not uncropped,
                pairs=deletion_pairs,
                novelty=novelty,
                seed=seed,
                progress=tell,
            )
    if as_json:
        show_json(result)
    else:
        _show(result, trained)


def _show(result: Mapping[str, Any], model: Model) -> None:
    title = (
        f"{result['n']} pairs of {result['scenes']} scenes, split {result['split']}, {result['view']}, "
        f"gallery {result['gallery']}"
    )
    methods = {model.about["recipe"]: result, **result["baselines"]}
    columns = ("method", "binary accuracy", "top-1", "top-5", "top-10", "MRR")
    show_table(title, columns, [(name, *_row(measures)) for name, measures in methods.items()])
    parts = {"seen in training": result["seen_products"], "unseen": result["unseen_products"]}
    parts |= result["by_category"]
    rows = [
        (name, part["n"], interval(part["binary_accuracy"]), interval(part["top_k"]["10"]))
        for name, part in parts.items()
    ]
    show_table("by product and category", ("product", "n", "binary accuracy", "top-10"), rows)
    show_attention(result, model.about["recipe"])
    show_probabilities(result["calibration"])
    if wanted := result["wanted"]:
        _show_wanted({model.about["recipe"]: wanted, **wanted["baselines"]})
    if fitb := result.get("fitb"):
        answered = {model.about["recipe"]: fitb["accuracy"], **fitb["baselines"]}
        title = f"fill in the blank: {fitb['n']} questions"
        show_table(title, ("method", "answered right"), [(name, interval(share)) for name, share in answered.items()])
    if result["set_aside"]:
        note(f"{result['set_aside']} pairs were set aside: no features, no other product, or an unknown category")


def _show_wanted(methods: Mapping[str, Any]) -> None:
    rows = [(name, *(interval(part[key]) for key in ("top_1", "top_3", "log_loss"))) for name, part in methods.items()]
    show_table("the category that a scene wants", ("method", "top-1", "top-3", "log loss"), rows)


def _row(measures: Mapping[str, Any]) -> list[str]:
    top = measures["top_k"]
    return [
        interval(measures["binary_accuracy"]),
        number(top["1"]["value"]),
        number(top["5"]["value"]),
        interval(top["10"]),
        number(measures["mrr"]["value"]),
    ]
