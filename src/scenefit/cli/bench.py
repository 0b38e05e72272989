"""`scenefit bench`: speeds as ratios to a reference that is run beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer

from scenefit.bench.drawn import Drawn
from scenefit.bench.drawn_catalog import DrawnCatalog
from scenefit.bench.features import bench_features
from scenefit.bench.running import running
from scenefit.bench.search import bench_search
from scenefit.bench.serve import bench_serve
from scenefit.bench.train import bench_train
from scenefit.catalog.loading.build import build_catalog
from scenefit.cli.features import BackboneOption, Regions, open_backbone
from scenefit.cli.output import Json, note, progress, show_json, show_table
from scenefit.data.dataset import Dataset
from scenefit.data.lookbook.generate import write_lookbook
from scenefit.demo.run import DOMAINS, PRODUCTS, RATIO, SCENES, bundled_model
from scenefit.errors import MissingExtraError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.recommend.recommender import Recommender

CLOSED_GRID, CLOSED_REGIONS = 1, 16
EPOCH_GRID, EPOCH_REGIONS = 7, 1024

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
    show_table("features against bare ONNX Runtime", ("", ""), _rows(result))
    note("ratio: images per second of the whole path / of the faster bare way, each pair run in turn")
    return None


@app.command()
def train(
    parts: str = typer.Option("closed,epoch", help="closed: the closed form; epoch: one of a network."),
    pairs: int = typer.Option(3000, min=1, help="Of the closed form."),
    epoch_pairs: int = typer.Option(2000, min=1, help="Of the epoch."),
    pooled: int = typer.Option(2048, min=1, help="Length D of pooled features; the halves are 2 D."),
    regions: int | None = typer.Option(None, min=1, help="Channels; 16 for closed and 1024 for epoch if not given."),
    grid: int | None = typer.Option(None, min=1, help="Cells each way; 1 for closed and 7 for epoch if not given."),
    products: int = typer.Option(4000, min=1, help="In the catalog."),
    categories: int = typer.Option(10, min=1, help="Of the products."),
    runs: int = typer.Option(3, min=1, help="Pairs of runs; the median ratio counts."),
    as_json: bool = Json,
) -> None:
    """Training of the recipe default on drawn features, against bare matrix products of the same sizes.

    Example: scenefit bench train --parts closed --pairs 72000 --products 38000 --runs 1
    """
    own = {"closed": (pairs, CLOSED_REGIONS, CLOSED_GRID), "epoch": (epoch_pairs, EPOCH_REGIONS, EPOCH_GRID)}
    asked = parts.split(",")
    if unknown := sorted(set(asked) - set(own)):
        raise UsageError(f"got --parts {','.join(unknown)}; expected closed, epoch or closed,epoch")
    drawn = {
        part: Drawn(count, products, categories, pooled, regions or channels, grid or cells)
        for part, (count, channels, cells) in own.items()
        if part in asked
    }
    try:
        with progress() as tell:
            result = bench_train(drawn, runs, tell)
    except ImportError:
        raise MissingExtraError("bench train", "train") from None
    return show_json(result) if as_json else _show_training(result)


@app.command()
def search(
    products: int = typer.Option(1_000_000, min=1, help="In the catalog, drawn like a model's."),
    categories: int = typer.Option(10, min=1, help="Of the products."),
    dimensions: int = typer.Option(129, min=2, help="Numbers of a vector, d + 1."),
    k: int = typer.Option(20, "-k", min=1, help="Products asked for."),
    runs: int = typer.Option(20, min=1, help="Searches of each category; the medians count."),
    folder: Path | None = typer.Option(None, "--dir", help="Keeps the catalog there, for the next time."),
    as_json: bool = Json,
) -> None:
    """A search of a catalog folder against reading the category's vectors once; memory, and the time to open.

    Example: scenefit bench search --products 100000 --dir drawn
    """
    sizes = DrawnCatalog(products, categories, dimensions)
    with TemporaryDirectory(prefix="scenefit-bench-") as temporary, progress() as tell:
        result = bench_search(sizes, folder or Path(temporary, "catalog"), bundled_model(), k, runs, tell)
    if as_json:
        return show_json(result)
    show_table("search of a catalog folder", ("", ""), _rows(result))
    note(
        "ratio: a search / the faster way of reading the vectors of its category once, in turn; CPU: less waiting; "
        "quiet: the lowest tenth"
    )
    return None


@app.command()
def serve(
    catalog: str | None = typer.Option(None, help="A catalog folder, or a server's URL; by default drawn looks."),
    model: Path | None = typer.Option(None, help="The model folder, for a catalog on a server."),
    examples: Path | None = typer.Option(None, help="A folder of photos to ask for; by default the demo's."),
    clients: int = typer.Option(16, min=1, help="That ask one after another in the closed loop."),
    seconds: float = typer.Option(10.0, min=0.1, help="Of each measurement."),
    soak: float = typer.Option(0.0, min=0, help="Seconds of one more open loop; tells the memory by the minute."),
    config: Path | None = typer.Option(None, help="A TOML file of settings (docs/service.md)."),
    as_json: bool = Json,
) -> None:
    """The service under load, in a process of its own, against its backbone alone; overload and memory.

    Example: scenefit bench serve --seconds 10
    """
    with _catalog(catalog) as place, progress() as tell:
        opened = Recommender.open(place, model)
        with closing(opened.store):
            backbone = Backbone(opened.backbone.folder, threads=1)
        given = {"--model": model, "--examples": examples, "--config": config}
        options = [str(part) for name, value in given.items() if value for part in (name, value)]
        with running([place, *options]) as service:
            result = bench_serve(service, backbone, clients, seconds, soak, tell)
    if as_json:
        return show_json(result)
    show_table("the service under load", ("", ""), _rows(_flat(result)))
    note("ratio: answers per second / images per second of the faster bare way, in turn; CPU: what the cores worked")
    note("the generator runs on the same cores; open loops ask at 80 % and at 3 times the closed loop's rate")
    return None


@contextmanager
def _catalog(given: str | None) -> Iterator[str]:
    """Give the catalog that is asked for, or one of drawn looks, made as in the demo and removed at the end."""
    if given is not None:
        yield given
        return
    with TemporaryDirectory(prefix="scenefit-bench-") as folder:
        looks, catalog = Path(folder, "looks"), Path(folder, "catalog")
        write_lookbook(looks, DOMAINS[:1], SCENES, PRODUCTS, ratio=RATIO)
        build_catalog(bundled_model(), Dataset.open(looks), catalog)
        yield str(catalog)


def _flat(facts: Mapping[str, Any]) -> dict[str, object]:
    """Put the facts of each part under its own name."""
    found: dict[str, object] = {}
    for name, value in facts.items():
        inner = isinstance(value, Mapping) and name != "statuses"
        found |= {f"{name}: {key}": one for key, one in _flat(value).items()} if inner else {name: _text(value)}
    return found


def _text(value: object) -> object:
    if isinstance(value, Mapping):
        return ", ".join(f"{count} of {status}" for status, count in value.items())
    if isinstance(value, list):
        return " ".join("-" if one is None else f"{one:.0f}" for one in value)
    return "-" if value is None else value


def _show_training(result: Mapping[str, Mapping[str, Any]]) -> None:
    for part, facts in result.items():
        show_table({"closed": "closed form", "epoch": "epoch of a network"}[part], ("", ""), _rows(facts))
    note("ratio: seconds / those of the bare matrix products, each pair run in turn")


def _rows(facts: Mapping[str, Any]) -> list[tuple[str, object]]:
    return [(name, f"{value:.3g}" if isinstance(value, float) else value) for name, value in facts.items()]
