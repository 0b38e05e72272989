"""Pictures of products whose image is an address: fetched by the careful downloader, some at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from scenefit.data.download.addresses import Address, FetchError
from scenefit.data.download.fetching import Fetcher
from scenefit.data.download.settings import DownloadSettings


class PictureFetcher:
    """Fetches pictures in one client, which knows all along how each host is to be treated. Not for use inside a
    running event loop.
    """  # noqa: D205

    def __init__(self, settings: DownloadSettings) -> None:
        self._settings = settings
        self._runner = asyncio.Runner()
        self._fetcher: Fetcher | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._fetcher is not None:
                self._runner.run(self._fetcher.__aexit__(None, None, None))
        finally:
            self._runner.close()

    def fetch(self, urls: Mapping[str, Path]) -> dict[str, FetchError]:
        """Write what each address holds to its file; give why not, for those that cannot be had.

        Raises:
            OSError: a file cannot be written.
        """
        return self._runner.run(self._fetch(urls))

    async def _fetch(self, urls: Mapping[str, Path]) -> dict[str, FetchError]:
        if self._fetcher is None:
            self._fetcher = Fetcher(self._settings)  # inside the loop that it belongs to
        failed: dict[str, FetchError] = {}

        async def one(fetcher: Fetcher, url: str, to: Path) -> None:
            try:
                await fetcher.fetch(Address.parse(url), to)
            except FetchError as fault:
                failed[url] = fault

        try:
            async with asyncio.TaskGroup() as tasks:
                for url, to in urls.items():
                    tasks.create_task(one(self._fetcher, url, to))
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
        return failed
