"""Reads `missing.jsonl` of a dataset, fetches the pictures that it lists, and writes `failures.jsonl` beside them."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scenefit.data.download.addresses import Address, FetchError
from scenefit.data.download.fetching import Fetcher
from scenefit.data.download.folder import held, pictures_in, put
from scenefit.data.download.lists import DownloadReport, read_missing, write_failures
from scenefit.data.download.settings import DEFAULTS, DownloadSettings
from scenefit.types import Progress, silent

SEATS = 512
"""Pictures under way at most, most of them waiting for their host's turn."""


def images_folder(dataset: Path) -> Path:
    """Give the folder that a dataset's pictures are fetched into where none is named.

    >>> images_folder(Path("data/stl")).as_posix()
    'data/stl-images'
    """
    whole = dataset if dataset.name not in ("", "..") else dataset.resolve()
    return whole.with_name(f"{whole.name}-images")


def download_missing(
    dataset: Path,
    images: Path | None = None,
    settings: DownloadSettings = DEFAULTS,
    progress: Progress = silent,
) -> DownloadReport:
    """Fetch the pictures that a dataset lacks, those that the folder holds already excepted.

    A picture stands at its place whole and decoded, or not at all; after a kill the next run goes on. Not for use
    inside a running event loop.

    Args:
        dataset: the dataset folder; only its `missing.jsonl` is read.
        images: where the pictures go, by default `images_folder(dataset)`.
        settings: limits, patience and politeness.
        progress: told of each picture settled.

    Raises:
        DataError: the dataset has no list of missing pictures.
        UsageError: `images` is no folder, or another download writes there.
    """
    report = DownloadReport(images or images_folder(dataset))
    wanted = read_missing(dataset, report)
    with held(report.images) as aside:
        there = pictures_in(report.images)
        report.wanted, report.already_there = len(wanted), len(wanted.keys() & there)
        try:
            _Run(report, aside, settings, progress).fetch({i: url for i, url in wanted.items() if i not in there})
        finally:
            write_failures(report)
    return report


@dataclass(frozen=True)
class _Wanted:
    id: str
    url: str
    address: Address


class _Run:
    """One run: pictures wait in a line for each host, so that a slow host holds up no other."""

    def __init__(self, report: DownloadReport, aside: Path, settings: DownloadSettings, progress: Progress) -> None:
        self._report, self._aside = report, aside
        self._settings, self._progress = settings, progress
        self._decoders = ThreadPoolExecutor(max_workers=os.cpu_count())
        self._settled, self._total = 0, 0

    def fetch(self, wanted: dict[str, str]) -> None:
        """Fetch pictures, their URLs given by id; a full disk stops the run, a picture's fault does not."""
        self._total = len(wanted)
        lines: dict[str, deque[_Wanted]] = {}
        for id_, url in wanted.items():
            try:
                address = Address.parse(url)
            except FetchError as fault:
                self._settle(id_, url, fault)
            else:
                lines.setdefault(address.host, deque()).append(_Wanted(id_, url, address))
        with self._decoders:
            asyncio.run(self._fetch_lines(list(lines.values())))

    async def _fetch_lines(self, lines: list[deque[_Wanted]]) -> None:
        seats = [line for line in lines for _ in range(min(self._settings.per_host, len(line)))]
        turns = iter(seats)
        try:
            async with Fetcher(self._settings) as fetcher, asyncio.TaskGroup() as tasks:
                for _ in seats[:SEATS]:
                    tasks.create_task(self._serve(turns, fetcher))
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _serve(self, turns: Iterator[deque[_Wanted]], fetcher: Fetcher) -> None:
        for line in turns:
            while line:
                picture = line.popleft()
                try:
                    await self._fetch_one(picture, fetcher)
                except FetchError as fault:
                    self._settle(picture.id, picture.url, fault)
                else:
                    self._settle(picture.id, picture.url)

    async def _fetch_one(self, picture: _Wanted, fetcher: Fetcher) -> None:
        aside = self._aside / f"{picture.id}.partial"
        try:
            await fetcher.fetch(picture.address, aside)
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._decoders, put, aside, self._report.images, picture.id)
        finally:
            aside.unlink(missing_ok=True)

    def _settle(self, id_: str, url: str, fault: FetchError | None = None) -> None:
        if fault is None:
            self._report.fetched += 1
        else:
            self._report.fail(id_, url, fault.reason, fault.detail)
        self._settled += 1
        self._progress("fetching pictures", self._settled, self._total)
