"""The model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scenefit.model.calibration import Calibration

CARD = """# A scenefit model

Ranks the products that go with a scene; recipe `{recipe}`, backbone `{backbone}`.

| | |
|---|---|
| fingerprint | `{mark}` |
| categories | {categories} |
| trained on | {pairs} pairs: {scenes} scenes, {products} products of {dataset} |
| set aside | {set_aside} pairs without features or without a negative |
| best epoch | {best_epoch} of {epochs}, validation accuracy {accuracy} |
| probability | {probability} |
| seed | {seed} |
| backbone fingerprint | `{backbone_mark}` |
| dataset fingerprint | `{dataset_mark}` |

Licence note of the dataset: {licence}

## Use

    scenefit catalog build MODEL DATASET --out CATALOG
    scenefit recommend CATALOG photo.jpg

`scenefit evaluate MODEL DATASET` measures it on scenes that it has not seen. The validation accuracy above chose the
epoch, so it is no measure of quality.

## Limits

It knows the categories above and no others. What goes together was learned from what people put together in this
dataset: other places, times and tastes are not in it. It says nothing of sizes, prices or stock.
"""


def model_card(
    about: Mapping[str, Any], parents: Mapping[str, str], mark: str, calibration: Calibration | None = None
) -> str:
    """Write the model card as Markdown."""
    trained, accuracy = about["trained"], about["trained"]["validation_accuracy"]
    return CARD.format(
        recipe=about["recipe"],
        backbone=about["backbone"]["name"],
        mark=mark,
        categories=", ".join(about["categories"]),
        dataset=about["dataset"]["name"] or "an unnamed dataset",
        licence=about["dataset"]["licence"] or "none given",
        accuracy="none (no validation pairs)" if accuracy is None else f"{accuracy:.3f}",
        probability=_probability(calibration),
        seed=about["training"]["seed"],
        backbone_mark=parents["backbone"],
        dataset_mark=parents["dataset"],
        **{name: trained[name] for name in ("pairs", "scenes", "products", "set_aside", "best_epoch", "epochs")},
    )


def _probability(calibration: Calibration | None) -> str:
    if calibration is None:
        return "none (no validation pairs): its distances order products and say no more"
    after = "not measured" if calibration.error_after is None else f"{calibration.error_after:.3f}"
    pairs, before = calibration.pooled.pairs, f"{calibration.error_before:.3f}"
    return f"calibrated on {pairs} validation pairs; expected calibration error {before} before, {after} after"
