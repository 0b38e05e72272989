"""`scenefit features`: compute a dataset's features ahead of training."""

from __future__ import annotations

from pathlib import Path

import typer

from scenefit import artifacts
from scenefit.cli.output import Json, note, progress, show_failures, show_json, show_table
from scenefit.data.dataset import Dataset
from scenefit.errors import UsageError
from scenefit.features.backbone import MANIFEST, Backbone, BackboneFiles, find_backbone, prepare_backbone
from scenefit.features.dataset_features import compute_features
from scenefit.features.extract import Shard

BackboneOption = typer.Option(help="A folder of Transformers, or a hub id such as microsoft/resnet-50.")
Regions = typer.Option(7, min=1, help="Cells of the region map each way: 7, or 14 as most networks have it.")


def open_backbone(source: str, regions: int, precision: str, threads: int) -> Backbone:
    """Find a backbone, export it if need be, and open it."""
    return Backbone(find_exported(source, regions, precision)[0], threads)


def find_exported(source: str, regions: int, precision: str = "fp32") -> tuple[Path, BackboneFiles | None]:
    """Find a backbone, or one that is exported already, such as a model's; its Transformers files where it has them.

    Raises:
        UsageError: it is exported already, with other regions or another precision.
    """
    folder = Path(source)
    if not (folder / MANIFEST).exists():
        files = find_backbone(source, regions, precision)
        return prepare_backbone(files, tell=note), files
    about = artifacts.read_manifest(folder, MANIFEST, "backbone")
    if (about["grid"], about["precision"]) != (regions, precision):
        raise UsageError(
            f"got {regions}x{regions} regions in {precision}, but {folder} was exported with "
            f"{about['grid']}x{about['grid']} in {about['precision']}; give the Transformers folder it came from"
        )
    return folder, None


def features(
    dataset: Path = typer.Argument(help="The dataset folder."),
    backbone: str = BackboneOption,
    regions: int = Regions,
    precision: str = typer.Option("fp32", help="Of the backbone's arithmetic."),
    shard: str = typer.Option("1/1", help="Compute the part i of n; parts may run on several machines."),
    uncropped: bool = typer.Option(False, help="Also the whole scenes, for 'evaluate --uncropped'."),
    items: bool = typer.Option(False, "--items", help="Also what the boxes of the scenes show, as pictures."),
    as_json: bool = Json,
) -> None:
    """Compute the backbone's features of a dataset; what is there already is kept.

    Example: scenefit features stl --backbone microsoft/resnet-50
    """
    part, opened = Shard.parse(shard), Dataset.open(dataset)
    network = open_backbone(backbone, regions, precision, threads=1)
    rows = opened.split_rows("all")
    with progress() as tell:
        reports = [
            compute_features(opened, network, rows, cropped=cropped, items=items and cropped, shard=part, progress=tell)
            for cropped in ((True, False) if uncropped else (True,))
        ]
    computed = sum(report.computed for report in reports)
    reused, failed = (
        reports[0].reused + sum(r.reused for r in reports[1:]),
        dict(f for r in reports for f in r.failed),
    )
    if as_json:
        listed = [{"image": image, "reason": reason} for image, reason in failed.items()]
        show_json({"backbone": network.fingerprint, "computed": computed, "reused": reused, "failed": listed})
        return
    sizes = f"{network.pooled_size} pooled, {network.grid}x{network.grid}x{network.region_size} regions"
    rows_ = [
        ("backbone", network.name),
        ("features", sizes),
        ("computed", computed),
        ("found in the store", reused),
    ]
    show_table(f"features of {dataset}", ("", ""), [*rows_, ("set aside", len(failed))])
    show_failures(list(failed.items()))
