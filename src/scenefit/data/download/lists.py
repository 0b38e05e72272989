"""Reads `missing.jsonl`, what a dataset lacks; writes `failures.jsonl`, what was not to be had."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scenefit.artifacts import written_file
from scenefit.data.importers.records import SIGNATURE, read_records
from scenefit.data.importers.writing import MISSING
from scenefit.errors import DataError

FAILURES = "failures.jsonl"


@dataclass
class DownloadReport:
    """What a download came to.

    Attributes:
        images: the folder of the pictures.
        wanted: pictures that the dataset lacks.
        already_there: those of them that the folder held before.
        fetched: those that it holds now besides.
        failures: the others, and records that name no picture: id, url, reason, and detail where there is one.
    """

    images: Path
    wanted: int = 0
    already_there: int = 0
    fetched: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)

    @property
    def failed(self) -> Counter[str]:
        """Failures counted by reason."""
        return Counter(failure["reason"] for failure in self.failures)

    def fail(self, id_: str | None, url: str | None, reason: str, detail: str = "") -> None:
        """List a failure."""
        self.failures.append({"id": id_, "url": url, "reason": reason} | ({"detail": detail} if detail else {}))


def read_missing(dataset: Path, report: DownloadReport) -> dict[str, str]:
    """Give the URL of each missing picture by its id; what names none is listed as a failure.

    Raises:
        DataError: the dataset has no such list, or it cannot be read.
    """
    path = dataset / MISSING
    if not path.is_file():
        raise DataError(f"{dataset} holds no {MISSING}; expected a dataset whose import lists what it lacks there")
    wanted: dict[str, str] = {}
    for number, record in read_records(path):
        id_, url = (_text(record, "id"), _text(record, "url"))
        if id_ is None or not SIGNATURE.fullmatch(id_):
            report.fail(id_, url, "record without an id of 32 hex digits", f"record {number}")
        elif url is None:
            report.fail(id_, url, "record without an address", f"record {number}")
        elif id_ in wanted:
            report.fail(id_, url, "listed again", f"record {number}")
        else:
            wanted[id_] = url
    return wanted


def _text(record: Any, name: str) -> str | None:
    value = record.get(name) if isinstance(record, dict) else None
    return value if isinstance(value, str) else None


def write_failures(report: DownloadReport) -> None:
    """Write the failures of this run beside the pictures, in place of those of the last."""
    with written_file(report.images / FAILURES) as aside, aside.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(failure) + "\n" for failure in report.failures)
