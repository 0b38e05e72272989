"""`scenefit train`: train the heads on a dataset's features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import typer

from scenefit import artifacts
from scenefit.cli.features import BackboneOption, Regions, open_backbone
from scenefit.cli.output import Json, Overwrite, Seed, note, progress, show_failures, show_json, show_table
from scenefit.config import recipe as find_recipe
from scenefit.data.dataset import Dataset
from scenefit.errors import MissingExtraError
from scenefit.model.folder import Model


def train(
    dataset: Path = typer.Argument(help="The dataset folder."),
    backbone: str = BackboneOption,
    out: Path = typer.Option(help="The model folder to make."),
    recipe: str = typer.Option("default", help="How to train: default, or ctl-paper for the model of the paper."),
    seed: int = Seed,
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    regions: int = Regions,
    precision: str = typer.Option("fp32", help="Of the backbone's arithmetic."),
    uncropped: bool = typer.Option(False, help="Leave the product in the scene, to see how much that leaks."),
    overwrite: bool = Overwrite,
    as_json: bool = Json,
) -> None:
    """Train a model; features that the dataset lacks are computed first. A killed run goes on where it stood.

    Example: scenefit train stl --backbone microsoft/resnet-50 --out model
    """
    try:
        from scenefit.training.run import train_model
    except ImportError:
        raise MissingExtraError("training", "train") from None
    config, opened = replace(find_recipe(recipe, seed), cropped=not uncropped), Dataset.open(dataset)
    artifacts.check_free(out, overwrite)
    network = open_backbone(backbone, regions, precision, threads=1)
    with progress() as tell:
        failed = train_model(opened, network, config, out, device=device, overwrite=overwrite, progress=tell)
    show_failures(failed)
    _show(Model(out), as_json)


def _show(model: Model, as_json: bool) -> None:
    trained = model.about["trained"]
    facts = {
        "model": str(model.folder),
        "fingerprint": model.fingerprint,
        "recipe": model.about["recipe"],
        **trained,
    }
    if as_json:
        return show_json({**facts, "categories": model.categories})
    show_table(f"trained {model.folder}", ("", ""), [(name, _text(value)) for name, value in facts.items()])
    note(f"next: scenefit evaluate {model.folder} DATASET")
    return None


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{name} {number:.2f}" for name, number in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.4f}" if isinstance(value, float) else "none" if value is None else str(value)
