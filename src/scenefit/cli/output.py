"""What the command line shows: progress and tables for people, one JSON object for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from scenefit.types import Progress as Tell

OUT = Console()
ERR = Console(stderr=True)

Json = typer.Option(False, "--json", help="Print one JSON object to stdout, everything else to stderr.")
Overwrite = typer.Option(False, "--overwrite", help="Replace what stands at --out.")
Seed = typer.Option(0, "--seed", min=0, help="Of every draw.")


@contextmanager
def progress() -> Iterator[Tell]:
    """Give a function to tell progress to; shown on stderr, on a terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=ERR, disable=not ERR.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield tell


def note(text: str) -> None:
    """Say a line to the person, on stderr."""
    ERR.print(text, highlight=False, markup=False, soft_wrap=True)


def show_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object to stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table to stdout; all columns but the first are right-aligned."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left", overflow="fold", no_wrap=bool(i))
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    OUT.print(table, markup=False)


def show_failures(failed: Sequence[tuple[str, str]], limit: int = 5) -> None:
    """Say on stderr how many pictures failed, with the first of them."""
    if failed:
        note(f"{len(failed)} pictures were set aside:")
    for path, reason in failed[:limit]:
        note(f"  {path}: {reason}")
