"""`scenefit score`: whether a scene and a product go together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from scenefit.cli.output import Json, note, show_json, show_table
from scenefit.model.folder import Model
from scenefit.scoring import Score, score_pair
from scenefit.types import Box


def score(
    model: Path = typer.Argument(help="The model folder."),
    scene: Path = typer.Argument(help="A photo of an outfit or a room."),
    product: Path = typer.Argument(help="A picture of the product alone."),
    category: str = typer.Option(help="What the product is; a category of the model."),
    box: str | None = typer.Option(None, help="left,top,right,bottom in [0, 1] around the item to replace."),
    as_json: bool = Json,
) -> None:
    """Score a product for a scene: their distance, the probability that they go together, and the decision.

    Example: scenefit score model scene.jpg shoe.jpg --category Shoes
    """
    wanted = Box.parse(box) if box else None
    opened = Model(model)
    found = score_pair(opened, opened.backbone(), scene, product, category, wanted)
    if as_json:
        return show_json(_as_json(found, opened, scene, product, category))
    _show(found, category)
    return None


def _as_json(found: Score, model: Model, scene: Path, product: Path, category: str) -> dict[str, Any]:
    return {
        "scene": str(scene),
        "product": str(product),
        "category": category,
        "model": model.fingerprint,
        "view": list(found.view),
        "distance": found.distance,
        "threshold": found.threshold,
        "probability": found.probability,
        "goes": found.goes,
    }


def _show(found: Score, category: str) -> None:
    threshold = "-" if found.threshold is None else f"{found.threshold:.4f}"
    probability = "-" if found.probability is None else f"{found.probability:.3f}"
    decision = {True: "go together", False: "do not go together", None: "-"}[found.goes]
    row = (category, f"{found.distance:.4f}", threshold, probability, decision)
    show_table("score", ("category", "distance", "goes up to", "probability", "decision"), [row])
    if found.probability is None:
        note("this model has no calibration.json, so no probability: train it with validation pairs")
