"""Turns at one host: how many, how soon, and when no more."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from email.utils import format_datetime
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest

from scenefit.data.download.addresses import FetchError
from scenefit.data.download.hosts import Host, retry_after
from scenefit.data.download.settings import DownloadSettings
from scenefit.errors import UsageError

Quick = Callable[..., DownloadSettings]


def _turns(settings: DownloadSettings, heard: list[tuple[Any, ...]], at_once: int = 1) -> list[float]:
    """Take a turn for each thing heard; give when each began."""
    began: list[float] = []

    async def take(host: Host) -> None:
        async with host.turn():
            began.append(monotonic())
            await asyncio.sleep(0)
            host.heard(*heard[len(began) - 1])

    async def take_all() -> None:
        host = Host(settings, asyncio.Semaphore(at_once))
        await asyncio.gather(*(take(host) for _ in heard))

    asyncio.run(take_all())
    return began


@pytest.mark.parametrize(("per_host", "at_once"), [(1, 1), (4, 1), (4, 4), (2, 4)])
def test_no_two_turns_begin_within_the_delay(quick: Quick, per_host: int, at_once: int) -> None:
    began = _turns(quick(delay=0.02, per_host=per_host), [(200,)] * 6, at_once)
    assert all(later - earlier >= 0.02 for earlier, later in pairwise(began))


def test_a_host_that_refuses_is_asked_ever_more_slowly_until_it_gives_again(quick: Quick) -> None:
    heard: list[tuple[Any, ...]] = [(429,), (403,), (429,), (200,), (429,), (200,)]
    began = _turns(quick(delay=0.01, backoff=0.02), heard)
    pauses = [later - earlier for earlier, later in pairwise(began)]
    for pause, least in zip(pauses, [0.02, 0.04, 0.08, 0.01, 0.02], strict=True):
        assert pause >= least


def test_retry_after_is_waited_for(quick: Quick) -> None:
    for status in (429, 403, 503):
        first, second = _turns(quick(), [(status, 0.05), (200,)])
        assert second - first >= 0.05


@pytest.mark.parametrize(
    ("heard", "message"),
    [
        ([(429,), (403,), (429,)], "host asked to stop: 3 answers 403 or 429 in a row"),
        ([(429, 6.0)], r"host asked to stop: Retry-After: 6 s"),
        ([(503, float("inf"))], r"host asked to stop: Retry-After: inf s"),
        (
            [(None,), (500,), (None,), (599,)],
            "host does not answer: 4 tries in a row timed out, broke off or gave HTTP 5",
        ),
    ],
)
def test_a_host_is_asked_no_more(quick: Quick, heard: list[tuple[Any, ...]], message: str) -> None:
    settings = quick(stop_after=3, give_up_after=4, backoff=0.001)
    assert len(_turns(settings, heard)) == len(heard)
    with pytest.raises(FetchError, match=message):
        _turns(settings, [*heard, (200,)])


@pytest.mark.parametrize("answer", [200, 301, 404])
def test_another_answer_between_starts_the_count_again(quick: Quick, answer: int) -> None:
    settings = quick(stop_after=3, give_up_after=3, backoff=0.001)
    assert len(_turns(settings, [(429,), (403,), (answer,), (403,), (429,), (answer,)])) == 6
    assert len(_turns(settings, [(None,), (500,), (answer,), (None,), (None,), (answer,)])) == 6
    assert len(_turns(settings, [(answer, 60.0), (answer,)])) == 2  # Retry-After means nothing there


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5", "Wed, 99 Oct 2015 07:28:00 GMT", "\udce9", "٣,"])
def test_a_retry_after_that_cannot_be_read(text: str) -> None:
    assert retry_after(text) is None


def test_a_retry_after_in_the_forms_there_are() -> None:
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1000)
    for text in (format_datetime(later, usegmt=True), format_datetime(later.replace(tzinfo=None))):
        assert 900 < (retry_after(text) or 0) <= 1000
    assert retry_after("9" * 5000) == float("inf")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"connections": 0}, "got connections 0; expected 1 or more"),
        ({"per_host": 0}, "got per_host 0; expected 1 or more"),
        ({"delay": -1}, "got delay -1; expected 0 or more"),
        ({"delay": float("nan")}, "got delay nan; expected 0 or more"),
        ({"total_timeout": 0}, "got total_timeout 0; expected more than 0 seconds"),
        ({"max_bytes": (64 << 20) + 1}, "got max_bytes 67108865; a picture may have at most 67108864"),
        (
            {"allow_hosts": {"http://shop"}},
            r"got --allow-host 'http://shop' \(got .* as the host\); expected a name or IP",
        ),
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        DownloadSettings(**changes)
