"""`scenefit bench`: speeds as ratios to a reference that is run beside them."""

from __future__ import annotations

from pathlib import Path

import typer

from scenefit.bench.features import bench_features
from scenefit.cli.features import BackboneOption, Regions, open_backbone
from scenefit.cli.output import Json, note, progress, show_json, show_table
from scenefit.data.dataset import Dataset

app = typer.Typer(help="Measure speeds beside a reference.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Measure speeds beside a reference."""


@app.command()
def features(
    dataset: Path = typer.Argument(help="A dataset folder; its product pictures are read."),
    backbone: str = BackboneOption,
    regions: int = Regions,
    images: int = typer.Option(512, min=1, help="Pictures a run."),
    runs: int = typer.Option(5, min=1, help="Pairs of runs; the median ratio counts."),
    as_json: bool = Json,
) -> None:
    """Decode + resize + inference, against ONNX Runtime alone on ready pixels: same batch and threads.

    Example: scenefit bench features stl --backbone microsoft/resnet-50
    """
    opened = Dataset.open(dataset)
    network = open_backbone(backbone, regions, "fp32", threads=1)
    with progress() as tell:
        result = bench_features(opened, network, images, runs, tell)
    if as_json:
        return show_json(result)
    rows = [(name, f"{value:.3g}" if isinstance(value, float) else value) for name, value in result.items()]
    show_table("features against bare ONNX Runtime", ("", ""), rows)
    note("ratio: images per second of the whole path / of the faster bare way, each pair run in turn")
    return None
