"""A whole run: politeness, what is kept, what is listed, and going on after a stop or a kill."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scenefit.data.download.folder import ASIDE, held
from scenefit.data.download.run import download_missing
from scenefit.data.download.settings import DownloadSettings
from scenefit.errors import DataError, UsageError

COMMAND = "import signal as s, scenefit.cli as c; s.signal(s.SIGINT, s.default_int_handler); c.main()"
"""The command line, listening to Ctrl-C also where the tests run in the background of a shell."""
Photo = Callable[..., bytes]
Download = Callable[..., Any]
Quick = Callable[..., DownloadSettings]


def _ids(images: Path) -> list[int]:
    """The numbers of the pictures that are there, and nothing but pictures and the failures is."""
    found = sorted(path for path in images.rglob("*") if path.is_file())
    assert [path.name for path in found if path.parent == images] in ([], ["failures.jsonl"])
    return [int(path.stem, 16) for path in found if path.parent != images]


def _serve(server: Any, photo: Photo, n: int, host: str = "127.0.0.1") -> list[str]:
    for i in range(n):
        server.answer(f"/{i}.jpg", server.reply(photo(seed=i)))
    return [server.url(f"/{i}.jpg", host) for i in range(n)]


def test_a_second_run_fetches_only_what_is_not_there(server: Any, photo: Photo, download: Download) -> None:
    urls = _serve(server, photo, 6)
    server.answer("/2.jpg", server.reply(b"", "404 No"), server.reply(photo(seed=2)))
    first = download(*urls)
    assert (first.wanted, first.already_there, first.fetched, first.failed) == (6, 0, 5, {"HTTP 404": 1})
    assert _ids(first.images) == [0, 1, 3, 4, 5]
    second = download(*urls)
    assert (second.wanted, second.already_there, second.fetched, second.failures) == (6, 5, 1, [])
    assert _ids(second.images) == [0, 1, 2, 3, 4, 5]
    assert (second.images / "failures.jsonl").read_text() == ""
    assert server.times_asked == {f"/{i}.jpg": 1 + (i == 2) for i in range(6)}
    third = download(*urls)
    assert (third.already_there, third.fetched, len(server.asked)) == (6, 0, 7)


def test_a_picture_that_was_put_there_by_hand_is_left(server: Any, photo: Photo, download: Download) -> None:
    urls = _serve(server, photo, 3)
    images = download().images
    for name in (f"{0:032x}.PNG", f"{1:032x}.partial", f"{2:032x}"):
        (images / "00").mkdir(exist_ok=True)
        (images / "00" / name).write_bytes(b"by hand")
    (images / "00" / f"{2:032x}.jpg").symlink_to(images / "00" / f"{2:032x}")
    report = download(*urls)
    assert (report.already_there, report.fetched) == (1, 2)
    assert (images / "00" / f"{0:032x}.PNG").read_bytes() == b"by hand"
    assert not (images / "00" / f"{2:032x}.jpg").is_symlink()


def test_progress_is_told_of_every_picture(
    server: Any, photo: Photo, dataset: Any, quick: Quick, tmp_path: Path
) -> None:
    told: list[tuple[str, int, int]] = []
    urls = [*_serve(server, photo, 3), "ftp://shop.example/a.jpg", server.url("/none.jpg")]
    folder = dataset(urls)
    report = download_missing(folder, tmp_path / "elsewhere", quick(), lambda *what: told.append(what))
    assert told == [("fetching pictures", done, 5) for done in range(1, 6)]
    assert report.images == tmp_path / "elsewhere"
    assert report.failed == {"address refused": 1, "HTTP 404": 1}


def test_a_picture_that_failed_takes_no_room_meanwhile(server: Any, dataset: Any, quick: Quick) -> None:
    folder = dataset([server.answer(f"/{i}.jpg", server.reply(bytes(9000))) for i in range(4)])
    left: list[int] = []

    def look(*_: object) -> None:
        left.append(len([*(folder.with_name("looks-images") / ASIDE).iterdir()]))

    report = download_missing(folder, None, quick(per_host=1), look)
    assert (report.failed, left) == ({"not a good picture": 4}, [0] * 4)


def test_records_that_name_no_picture_are_listed(server: Any, photo: Photo, dataset: Any, quick: Quick) -> None:
    (url,) = _serve(server, photo, 1)
    folder = dataset([url])
    records = [
        {"id": f"{0:032x}", "url": url},
        {"id": "../../../etc/passwd", "url": url},
        {"id": "A" * 32, "url": url},
        {"id": f"{7:032x}\n", "url": url},
        {"id": 7, "url": url},
        {"url": url},
        [],
        {"id": f"{1:032x}", "url": None},
        {"id": f"{1:032x}", "url": ["[" * 900]},
        {"id": f"{2:032x}"},
    ]
    lines = [json.dumps(record) for record in records]
    (folder / "missing.jsonl").write_text("\n".join([*lines, "no json", "", "\x00", "[" * 9999]) + "\n")
    report = download_missing(folder, settings=quick())
    assert (report.wanted, report.fetched, _ids(report.images)) == (1, 1, [0])
    reasons = {"record without an id of 32 hex digits": 9, "record without an address": 3}
    listed_again = download_missing(dataset([url, url]), settings=quick())
    assert report.failed == reasons
    assert listed_again.failures == []
    (folder / "missing.jsonl").write_text(f"{lines[0]}\n{lines[0]}\n")
    (failed,) = download_missing(folder, settings=quick()).failures
    assert failed == {"id": f"{0:032x}", "url": url, "reason": "listed again", "detail": "record 2"}


def test_a_dataset_without_the_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"looks holds no missing\.jsonl; expected a dataset whose import lists what it"
    ):
        download_missing(tmp_path / "looks")
    assert not any(tmp_path.iterdir())


def test_a_folder_that_is_none_or_taken_is_refused(dataset: Any, quick: Quick, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "in"):
        with pytest.raises(UsageError, match=r"--images .*file.* is not a folder; expected one, or a free place"):
            download_missing(dataset([]), place, quick())
    with (
        held(tmp_path / "images"),
        pytest.raises(UsageError, match=r"another download writes to .*images; wait for it"),
    ):
        download_missing(dataset([]), tmp_path / "images", quick())


def test_as_many_requests_at_once_as_allowed_and_no_more(server: Any, photo: Photo, download: Download) -> None:
    meet = asyncio.Barrier(3)

    async def together(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)  # time for a fourth to come, were it to
        await meet.wait()
        writer.write(server.reply(photo()))

    urls = [server.answer(f"/{i}.jpg", together) for i in range(9)]
    report = download(*urls, per_host=3, connections=16)
    assert (report.fetched, server.most_active) == (9, 3)


def test_the_limit_over_all_hosts(server: Any, photo: Photo, download: Download) -> None:
    meet = asyncio.Barrier(4)

    async def together(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        await meet.wait()
        writer.write(server.reply(photo()))

    urls = [server.answer(f"/{i}.jpg", together) for i in range(4)]
    urls += [url.replace("127.0.0.1", "localhost") for url in urls]
    hosts = frozenset({"127.0.0.1", "localhost"})
    report = download(*urls, per_host=3, connections=4, allow_hosts=hosts)
    assert (report.fetched, server.most_active) == (8, 4)


def test_requests_that_redirects_lead_to_count_for_the_host_that_they_reach(
    server: Any, photo: Photo, download: Download
) -> None:
    most = active = 0

    async def counted(writer: asyncio.StreamWriter) -> None:
        nonlocal most, active
        most, active = max(most, active + 1), active + 1
        await asyncio.sleep(0.02)
        active -= 1
        writer.write(server.reply(photo()))

    places = [server.answer(f"/to/{i}.jpg", counted) for i in range(6)]
    for i, place in enumerate(places):
        server.answer(f"/{i}.jpg", server.reply(b"", "302 Found", Location=place))
    urls = [server.url(f"/{i}.jpg", "localhost" if i % 2 else "127.0.0.1") for i in range(6)]
    report = download(*urls, per_host=1, allow_hosts=frozenset({"127.0.0.1", "localhost"}))
    assert (report.fetched, most) == (6, 1)


def test_a_host_that_keeps_us_waiting_holds_up_no_other(server: Any, photo: Photo, download: Download) -> None:
    async def once_all_others_are_served(writer: asyncio.StreamWriter) -> None:
        while len(server.asked) < 9:
            await asyncio.sleep(0.005)
        writer.write(server.reply(photo()))

    slow = [server.url(f"/{i}.jpg", "localhost") for i in range(8, 16)]
    for i in range(8, 16):
        server.answer(f"/{i}.jpg", once_all_others_are_served if i == 8 else server.reply(photo()))
    urls = [*slow, *_serve(server, photo, 8)]
    report = download(*urls, per_host=1, connections=2, allow_hosts=frozenset({"127.0.0.1", "localhost"}))
    assert report.fetched == 16


@pytest.mark.parametrize("status", ["403 No", "429 Many"])
def test_a_host_that_asks_to_stop_is_left_alone(status: str, server: Any, photo: Photo, download: Download) -> None:
    no = server.reply(b"", status)
    urls = [server.answer(f"/{i}.jpg", server.reply(photo()) if i < 2 else no) for i in range(12)]
    report = download(*urls, per_host=1, stop_after=4, tries=2)
    assert sum(server.times_asked[f"/{i}.jpg"] for i in range(2, 12)) == 4
    assert report.fetched == 2
    tried = 3 if status == "403 No" else 1
    assert report.failed == {
        f"HTTP {status[:3]}": tried + 1 if tried == 3 else 2,
        "host asked to stop": 10 - (4 if tried == 3 else 2),
    }
    assert report.failures[-1]["detail"] == "4 answers 403 or 429 in a row"


def test_a_long_retry_after_stops_that_host_alone(server: Any, photo: Photo, download: Download) -> None:
    wait = server.reply(b"", "429 Many", Retry_After="86400")
    urls = [server.answer(f"/{i}.jpg", wait).replace("127.0.0.1", "localhost") for i in range(20, 25)]
    hosts = frozenset({"127.0.0.1", "localhost"})
    report = download(*urls, *_serve(server, photo, 5), per_host=1, allow_hosts=hosts)
    assert (report.fetched, report.failed) == (5, {"host asked to stop": 5})
    assert len(server.asked) == 6


def test_a_host_that_never_answers_is_given_up(server: Any, download: Download) -> None:
    urls = [server.answer(f"/{i}.jpg", server.reply(b"", "500 Error")) for i in range(20)]
    report = download(*urls, per_host=1, tries=2, give_up_after=6)
    assert report.failed == {"HTTP 500": 3, "host does not answer": 17}
    assert len(server.asked) == 6


def test_a_host_that_only_drips_is_given_up(server: Any, download: Download) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(server.reply(length=1000))
        await asyncio.Event().wait()

    urls = [server.answer(f"/{i}.jpg", drip) for i in range(8)]
    report = download(*urls, per_host=1, total_timeout=0.1, give_up_after=3)
    assert report.failed == {"too slow": 3, "host does not answer": 5}


def test_a_full_disk_stops_the_run_and_leaves_no_half_picture(server: Any, photo: Photo, download: Download) -> None:
    urls = [server.answer("/0.jpg", server.reply(photo())), server.answer("/1.jpg", server.reply(photo("BMP")))]
    limit = len(photo()) + 1000
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            download(*urls, per_host=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    report = download(*urls)
    assert (report.already_there, report.fetched, _ids(report.images)) == (1, 1, [0, 1])


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_command_keeps_what_it_has_and_the_next_goes_on(
    stop: signal.Signals, server: Any, photo: Photo, dataset: Any, quick: Quick
) -> None:
    urls, half_sent = _serve(server, photo, 8), threading.Event()

    async def half(writer: asyncio.StreamWriter) -> None:
        writer.write(server.reply(photo("BMP"))[:20_000])
        await writer.drain()
        half_sent.set()
        await asyncio.Event().wait()

    server.answer("/4.jpg", half, server.reply(photo(seed=4)))
    folder = dataset(urls)
    images = folder.with_name("looks-images")
    options = ["--delay", "0", "--per-host", "1", "--allow-host", "127.0.0.1"]
    command = [sys.executable, "-c", COMMAND, "data", "download", str(folder), *options]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONWARNINGS": ""}
    ) as process:
        assert half_sent.wait(60)
        while not any(path.stat().st_size for path in (images / ASIDE).iterdir()):
            pass
        process.send_signal(stop)
        said = process.communicate()[1]
    if stop is signal.SIGINT:
        assert (process.returncode, said) == (130, "stopped; the same command goes on where it stood\n")
        assert (images / "failures.jsonl").read_text() == ""
    assert (images / ASIDE).exists() == (stop is signal.SIGKILL)
    placed = sorted(path for path in images.glob("??/*"))
    assert [path.read_bytes() for path in placed] == [photo(seed=i) for i in range(4)]
    report = download_missing(folder, settings=quick())
    assert (report.already_there, report.fetched, report.failures) == (4, 4, [])
    assert _ids(images) == list(range(8))
    assert server.times_asked == {f"/{i}.jpg": 1 + (i == 4) for i in range(8)}
