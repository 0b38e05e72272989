"""Rebuild the bundled model from a seed, and check that its figures hold: `make bundled-model`.

Usage: python tools/bundled_model.py [--work DIR] [--seed 0]

Pretrains a small backbone and trains the heads (recipe `default`, one network of 256 hidden units, no near scenes: they
would add 20 MB) on generated looks only, from nothing; measures on looks of another seed; replaces
`src/scenefit/bundled`. Half an hour or so on two cores; what a stopped run has done is kept in DIR.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from bundled_backbone import pretrain, write_backbone
from rich.console import Console

from scenefit import artifacts
from scenefit.config import recipe
from scenefit.data.dataset import Dataset
from scenefit.data.lookbook.generate import write_lookbook
from scenefit.demo.measure import DemoFigures, measure
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.model.folder import Model
from scenefit.training.run import train_model

BUNDLED = Path(__file__).parents[1] / "src" / "scenefit" / "bundled"
DOMAINS = ("fashion", "home")
LOOKS_SEED, CHECK_SEED = 1, 2
LEAST_MARGIN, LEAST_ATTENTION, MOST_BYTES = 0.15, 2.0, 8_000_000
USE = """
## What it is for

The demo and the tests: it shows the idea on drawn looks, without a download. Backbone and heads were trained by
`tools/bundled_model.py` on generated looks only, from nothing; it knows drawn clothes and furniture. **It is of no use
for real photos**: train a model on your own pairs with a backbone such as ResNet-50.

## Figures on looks of a seed that it has not seen

| domain | pairs | scenefit | oracle | raw features | attention on the deciding item |
|---|---|---|---|---|---|
{rows}

Binary accuracy, and attention as a multiple of the item's share of the area (pair by pair); 95 % intervals.
"""


def build(work: Path, seed: int) -> Model:
    """Make backbone, looks and model in a folder, each unless it is there."""
    tell = Console().print
    backbone, looks, model = work / "backbone", work / "looks", work / "model"
    if not backbone.exists():
        with artifacts.written_folder(backbone) as folder:
            write_backbone(pretrain(scenes=1500, products=200, epochs=16, seed=seed, tell=tell), folder)
    if not looks.exists():
        write_lookbook(looks, DOMAINS, 1500, 150, LOOKS_SEED, (92, 8, 0))
    if not model.exists():
        tell("training the heads")
        small = replace(recipe("default", seed), networks=1, hidden=256, near_scenes=False)
        config = replace(small, dropout=0.1, patience=4, epochs=14)
        train_model(Dataset.open(looks), Backbone(backbone, threads=1), config, model)
    return Model(model)


def check(model: Model) -> dict[str, DemoFigures]:
    """Measure on unseen looks of each domain."""
    figures = {}
    for domain in DOMAINS:
        with tempfile.TemporaryDirectory() as folder:
            looks = Path(folder) / "looks"
            write_lookbook(looks, (domain,), 200, 60, CHECK_SEED, (40, 0, 60))
            dataset, backbone = Dataset.open(looks), model.backbone(threads=1)
            compute_features(dataset, backbone, dataset.split_rows("test"))
            figures[domain] = measure(model, DatasetFeatures.open(dataset, backbone))
    return figures


def row(domain: str, f: DemoFigures) -> str:
    """Write a domain's figures as a line of a Markdown table."""
    methods = " | ".join(str(f.accuracy[name]) for name in ("scenefit", "oracle", "raw features"))
    return f"| {domain} | {f.pairs} | {methods} | {f.concentration} |"


def main() -> None:
    """Rebuild, check, replace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("runs/bundled"))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    model = build(args.work, args.seed)
    figures = check(model)
    rows = "\n".join(row(domain, each) for domain, each in figures.items())
    Console().print(rows)
    for domain, each in figures.items():
        if each.margin.low < LEAST_MARGIN or each.concentration.low < LEAST_ATTENTION:
            sys.exit(f"{domain}: the figures do not hold; the bundled model is left as it was")
    if (size := sum(file.stat().st_size for file in model.folder.rglob("*") if file.is_file())) > MOST_BYTES:
        sys.exit(f"the model has {size} bytes, more than {MOST_BYTES}")
    with artifacts.written_folder(BUNDLED, overwrite=BUNDLED.exists()) as folder:
        shutil.copytree(model.folder, folder, dirs_exist_ok=True)
        card = (folder / "README.md").read_text("utf-8")
        (folder / "README.md").write_text(card + USE.format(rows=rows), "utf-8")
    Console().print(f"wrote {BUNDLED.name}, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
