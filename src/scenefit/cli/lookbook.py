"""`scenefit data lookbook`: generated looks."""

from __future__ import annotations

from pathlib import Path

import typer

from scenefit.cli.output import Json, Seed, note, progress, show_json, show_table
from scenefit.data.lookbook.domains import DOMAINS
from scenefit.data.lookbook.generate import write_lookbook
from scenefit.data.lookbook.report import LookbookReport
from scenefit.data.splits import parse_ratio
from scenefit.errors import UsageError
from scenefit.evaluation.text import number

CHOICES = {**{name: (name,) for name in DOMAINS}, "both": tuple(DOMAINS)}


def lookbook(
    out: Path = typer.Argument(help="The dataset folder to make."),
    domain: str = typer.Option("fashion", help="What to draw: fashion, home or both."),
    scenes: int = typer.Option(400, min=1, help="Scenes of each domain."),
    products: int = typer.Option(60, min=2, help="Products of each category."),
    ratio: str = typer.Option("80,10,10", help="Shares of train, val and test, by scene."),
    seed: int = Seed,
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace what stands at OUT."),
    as_json: bool = Json,
) -> None:
    """Draw looks whose rule of compatibility is known, as a dataset with truth.parquet.

    Example: scenefit data lookbook looks --domain both --scenes 200 --products 40 --seed 1
    """
    if domain not in CHOICES:
        raise UsageError(f"got --domain {domain!r}; expected fashion, home or both")
    with progress() as tell:
        report = write_lookbook(
            out,
            CHOICES[domain],
            scenes=scenes,
            products=products,
            seed=seed,
            ratio=parse_ratio(ratio),
            overwrite=overwrite,
            progress=tell,
        )
    if as_json:
        show_json({**vars(report), "dataset": str(out)})
    else:
        _show(report, out)


def _show(report: LookbookReport, out: Path) -> None:
    rows = [
        (name, facts["products"], facts["pairs"], *(number(facts[key]) for key in SHARES))
        for name, facts in report.categories.items()
    ]
    show_table("categories", ("category", "products", "pairs", *SHARES.values()), rows)
    counts: list[tuple[str, int]] = [*report.counts.items(), ("rows of truth.parquet", report.truth)]
    counts += [(f"without a pair: {reason}", n) for reason, n in report.set_aside.items()]
    show_table(f"drawn into {out}", ("", "count"), counts)
    note("compatible: the share of all products that go with the scene, and of those that are worn")


SHARES = {"compatible": "compatible", "worn_compatible": "worn compatible"}
