"""`scenefit data import`: records of four kinds become dataset folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import typer

from scenefit.cli.output import Json, Overwrite, Seed, note, progress, show_json, show_table
from scenefit.data.importers.intake import ImportReport
from scenefit.data.importers.outfits import import_outfits
from scenefit.data.importers.stl import import_stl
from scenefit.data.importers.street2shop import import_street2shop
from scenefit.data.importers.table import import_table
from scenefit.data.importers.writing import MISSING, REJECTED
from scenefit.data.splits import parse_ratio

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Images = typer.Option(help="Folder with the pictures, named by signature, at any depth; may be given again.")
Out = typer.Option(help="The dataset folder to make.")
Splits = typer.Option(None, help="File of 'scene_id split' lines, instead of --ratio.")
Ratio = typer.Option("80,10,10", help="Shares of train, val and test, by scene.")
Val = typer.Option(10, min=0, max=99, help="Percent of the training scenes that become val.")


@app.command("stl")
def stl(
    records: list[Path] = typer.Argument(help="JSON lines (or one JSON array) of product, scene and bbox."),
    categories: list[Path] = typer.Option(
        help="JSON object of product signature -> category path; may be given again."
    ),
    images: list[Path] = Images,
    out: Path = Out,
    splits: Path | None = Splits,
    ratio: str = Ratio,
    seed: int = Seed,
    overwrite: bool = Overwrite,
    as_json: bool = Json,
) -> None:
    """Import Shop-the-Look records.

    Example: scenefit data import stl fashion.json --categories fashion-cat.json --images images --out stl
    """
    shares = parse_ratio(ratio)
    with progress() as tell:
        report = import_stl(
            records,
            categories,
            images,
            out,
            splits=splits,
            ratio=shares,
            seed=seed,
            overwrite=overwrite,
            progress=tell,
        )
    _show(report, out, as_json)


@app.command("outfits")
def outfits(
    records: list[Path] = typer.Argument(
        help="Files such as raw_train.tsv, raw_test.tsv: an item of a collage a line."
    ),
    images: list[Path] = Images,
    out: Path = Out,
    fitb: Path | None = typer.Option(None, help="Fill-in-the-blank questions, such as fitb_eval.json."),
    by_file: bool = typer.Option(False, "--by-file", help="A file's name says its split: train, val or test."),
    val: float = Val,
    splits: Path | None = Splits,
    ratio: str = Ratio,
    seed: int = Seed,
    overwrite: bool = Overwrite,
    as_json: bool = Json,
) -> None:
    """Import Complete-the-Look outfits.

    Collages with a box around each item. --val goes with --by-file.

    Example: scenefit data import outfits raw_train.tsv raw_test.tsv --by-file --images images --out outfits
    """
    shares = parse_ratio(ratio)
    with progress() as tell:
        report = import_outfits(
            records,
            images,
            out,
            fitb=fitb,
            by_file=by_file,
            val=val,
            splits=splits,
            ratio=shares,
            seed=seed,
            overwrite=overwrite,
            progress=tell,
        )
    _show(report, out, as_json)


@app.command("street2shop")
def street2shop(
    meta: Path = typer.Argument(help="Folder with photos.txt, *_pairs_*.json and retrieval_*.json."),
    images: list[Path] = typer.Option(
        help="Folder with the photos, named by number, at any depth; may be given again."
    ),
    out: Path = Out,
    val: float = Val,
    seed: int = Seed,
    overwrite: bool = Overwrite,
    as_json: bool = Json,
) -> None:
    """Import Exact Street2Shop.

    Street photos with boxes, and shops' photos of the same items, in the splits that the data set has.

    Example: scenefit data import street2shop street2shop --images photos --out s2s
    """
    with progress() as tell:
        report = import_street2shop(meta, images, out, val=val, seed=seed, overwrite=overwrite, progress=tell)
    _show(report, out, as_json)


@app.command("table")
def own_table(
    table: Path = typer.Argument(help="CSV, JSON lines or Parquet with scene, product, category, and more."),
    images: list[Path] = typer.Option(help="Folder in which the table's paths lie; may be given again."),
    out: Path = Out,
    splits: Path | None = Splits,
    ratio: str = Ratio,
    seed: int = Seed,
    overwrite: bool = Overwrite,
    as_json: bool = Json,
) -> None:
    """Import a table of your own photos.

    A row for each pair of a scene and a product, and for the other products that you sell.

    Example: scenefit data import table looks.csv --images photos --out shop
    """
    shares = parse_ratio(ratio)
    with progress() as tell:
        report = import_table(
            table, images, out, splits=splits, ratio=shares, seed=seed, overwrite=overwrite, progress=tell
        )
    _show(report, out, as_json)


def _show(report: ImportReport, out: Path, as_json: bool) -> None:
    if as_json:
        return show_json({**vars(report), "rejected": dict(report.rejected), "dataset": str(out)})
    rows: list[tuple[str, int]] = [("records read", report.records), *report.counts.items()]
    rows += [(f"set aside: {reason}", n) for reason, n in report.rejected.most_common()]
    rows += [("pictures missing", report.missing_images)]
    show_table(f"imported into {out}", ("", "count"), rows)
    if report.rejected:
        note(f"what was set aside, with reasons: {out / REJECTED}")
    if report.missing_images:
        note(f"the missing pictures: {out / MISSING}; 'scenefit data download {out}' fetches them, then import again")
    return None


def _example(command: Callable[..., None]) -> str:
    return (command.__doc__ or "").partition("Example: ")[2].strip()


COMMANDS: list[Callable[..., None]] = [stl, outfits, street2shop, own_table]
EXAMPLES = "\n".join(_example(command) for command in COMMANDS)
app.info.help = f"Import records into a dataset folder.\n\n\b\nExamples:\n{EXAMPLES}"
