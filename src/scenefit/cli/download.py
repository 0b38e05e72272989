"""`scenefit data download`: fetch the pictures that a dataset lacks."""

from __future__ import annotations

from pathlib import Path

import typer

from scenefit.cli.output import Json, note, progress, show_json, show_table
from scenefit.data.download.lists import FAILURES, DownloadReport
from scenefit.data.download.run import download_missing
from scenefit.data.download.settings import DEFAULTS, DownloadSettings


def download(
    dataset: Path = typer.Argument(help="The dataset folder, with its missing.jsonl."),
    images: Path | None = typer.Option(None, help="Where the pictures go.", show_default="DATASET-images"),
    connections: int = typer.Option(DEFAULTS.connections, min=1, help="Requests at once, to all hosts together."),
    per_host: int = typer.Option(DEFAULTS.per_host, min=1, help="Requests at once to one host."),
    delay: float = typer.Option(DEFAULTS.delay, min=0, help="Least seconds between two requests to one host."),
    timeout: float = typer.Option(DEFAULTS.total_timeout, help="Seconds on the wire for one picture, tries included."),
    tries: int = typer.Option(DEFAULTS.tries, min=1, help="Of one picture, where another may help."),
    max_bytes: int = typer.Option(DEFAULTS.max_bytes, min=1, help="Of one picture's file."),
    stop_after: int = typer.Option(DEFAULTS.stop_after, min=1, help="Answers 403 or 429 in a row that mean: stop."),
    allow_host: list[str] = typer.Option([], help="Reach this host though it is not of the public internet."),
    as_json: bool = Json,
) -> None:
    """Fetch the pictures that a dataset lacks: politely, resumed after a stop, every failure listed.

    Example: scenefit data download stl --images pictures --delay 0.5
    """
    settings = DownloadSettings(
        connections=connections,
        per_host=per_host,
        delay=delay,
        total_timeout=timeout,
        tries=tries,
        max_bytes=max_bytes,
        stop_after=stop_after,
        allow_hosts=frozenset(allow_host),
    )
    with progress() as tell:
        report = download_missing(dataset, images, settings, tell)
    if as_json:
        counts = {"wanted": report.wanted, "already_there": report.already_there, "fetched": report.fetched}
        listed = str(report.images / FAILURES)
        show_json({"images": str(report.images), **counts, "failed": dict(report.failed), "failures": listed})
    else:
        _show(report)


def _show(report: DownloadReport) -> None:
    rows = [("pictures missing", report.wanted), ("already there", report.already_there), ("fetched", report.fetched)]
    rows += [(f"failed: {reason}", n) for reason, n in report.failed.most_common()]
    show_table(f"fetched into {report.images}", ("", "count"), rows)
    if report.failures:
        note(f"what failed, with reasons: {report.images / FAILURES}")
    if report.fetched or report.already_there:
        note(f"now import again, with --images {report.images} and --overwrite added")
