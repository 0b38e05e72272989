"""One picture from a server that is slow, lies, breaks off, redirects or asks for patience."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scenefit import __version__
from scenefit.data.download.addresses import Address, FetchError
from scenefit.data.download.fetching import Fetcher
from scenefit.data.download.settings import DownloadSettings
from scenefit.data.images import inspect

Photo = Callable[..., bytes]
Download = Callable[..., Any]
Failure = Callable[..., tuple[str, str]]


async def _never(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


def _drip(head: bytes, piece: bytes) -> Callable[[asyncio.StreamWriter], Any]:
    """Send a head, then a piece again and again for ever."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)

    return answer


def _place(report: Any) -> Path:
    (place,) = report.images.glob("??/*")
    return Path(place)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "MPO"])
def test_a_picture_is_named_by_what_it_is_whatever_the_server_says(
    kind: str, server: Any, photo: Photo, download: Download
) -> None:
    body = photo(kind)
    report = download(server.answer("/a.png?w=1", server.reply(body, Content_Type="text/html")))
    suffix = {"JPEG": "jpg", "MPO": "jpg"}.get(kind, kind.lower())
    assert _place(report) == report.images / "00" / f"{0:032x}.{suffix}"
    assert _place(report).read_bytes() == body
    assert inspect(_place(report)).width == 90
    assert (report.wanted, report.fetched, report.failures) == (1, 1, [])


def test_the_request_says_who_asks_and_for_what(server: Any, photo: Photo, download: Download) -> None:
    download(server.answer("/a%20b.jpg", server.reply(photo())).replace("%20", " "))
    assert server.asked == ["/a%20b.jpg"]
    assert server.headers[0] == {
        "Host": f"127.0.0.1:{server.port}",
        "User-Agent": f"scenefit/{__version__}",
        "Accept": "image/*",
        "Accept-Encoding": "identity",
    }


def test_no_proxy_of_the_environment_is_used(
    server: Any, photo: Photo, download: Download, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert download(server.answer("/a.jpg", server.reply(photo()))).fetched == 1


def test_a_server_that_does_not_answer(server: Any, failure: Failure) -> None:
    assert failure(server.answer("/a.jpg", _never), read_timeout=0.3) == ("no answer in time", "ReadTimeout")
    assert len(server.asked) == 3


def test_a_server_that_drips(server: Any, failure: Failure) -> None:
    url = server.answer("/a.jpg", _drip(server.reply(length=100_000), b"."))
    assert failure(url, total_timeout=0.3) == ("too slow", "not whole after 0.3 s on the wire")
    assert len(server.asked) <= 1


def test_headers_and_informational_answers_without_end(server: Any, failure: Failure) -> None:
    url = server.answer("/a.jpg", _drip(b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 8000 + b"\r\n"))
    assert failure(url)[0] == "connection broken"
    url = server.answer("/b.jpg", _drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"))
    assert failure(url, total_timeout=0.2)[0] == "too slow"


def test_time_is_counted_over_all_tries(server: Any, failure: Failure) -> None:
    url = server.answer("/a.jpg", _never)
    reason, _ = failure(url, read_timeout=0.1, total_timeout=0.25, tries=100, give_up_after=1000)
    assert reason == "too slow"
    assert len(server.asked) < 10


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "connection broken"),
        (b"\x00\x01\x02 no HTTP at all\r\n\r\n", "connection broken"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "connection broken"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "connection broken"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1" + b"0" * 5000 + b"\r\n\r\n", "connection broken"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "connection broken"),
    ],
)
def test_an_answer_that_is_no_http(answer: bytes, reason: str, server: Any, failure: Failure) -> None:
    async def give(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    assert failure(server.answer("/a.jpg", give))[0] == reason
    assert len(server.asked) == 3


def test_a_body_that_breaks_off_is_fetched_again(server: Any, photo: Photo, download: Download) -> None:
    whole = server.reply(photo())

    async def half(writer: asyncio.StreamWriter) -> None:
        writer.write(whole[:-500])

    report = download(server.answer("/a.jpg", half, half, whole))
    assert _place(report).read_bytes() == photo()


def test_a_content_length_beyond_the_body(server: Any, photo: Photo, failure: Failure) -> None:
    body = photo()
    url = server.answer("/a.jpg", server.reply(body, length=len(body) + 1, Connection="close"))
    assert failure(url)[0] == "connection broken"


def test_a_content_length_short_of_the_body(server: Any, photo: Photo, download: Download) -> None:
    short = server.reply(photo(), length=len(photo()) - 100)
    urls = [server.answer("/a.jpg", short), server.answer("/b.jpg", server.reply(photo(seed=1)))]
    report = download(*urls, per_host=1)
    (failed,) = report.failures
    assert (failed["url"], failed["reason"]) == (urls[0], "not a good picture")
    assert "truncated or damaged" in failed["detail"]
    assert str(report.images) not in failed["detail"]
    assert _place(report).read_bytes() == photo(seed=1)


@pytest.mark.parametrize("digits", ["20001", "1" + "0" * 18])
def test_a_content_length_over_the_limit_is_not_read(digits: str, server: Any, failure: Failure) -> None:
    url = server.answer("/a.jpg", _drip(f"HTTP/1.1 200 OK\r\nContent-Length: {digits}\r\n\r\n".encode(), b"."))
    assert failure(url, max_bytes=20_000) == ("larger than the limit", f"{digits} bytes; at most 20000 are taken")


ENDLESS = {
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "until closed": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_endless_body_never_takes_more_than_the_limit(
    kind: str, server: Any, quick: Callable[..., DownloadSettings], failure: Failure, tmp_path: Path
) -> None:
    piece = b"1000\r\n" + b"x" * 4096 + b"\r\n" if kind == "chunked" else b"x" * 5000
    url = server.answer("/a.jpg", _drip(ENDLESS[kind], piece))
    assert failure(url, max_bytes=100_000) == ("larger than the limit", "more than the 100000 bytes that are taken")

    async def fetch() -> None:
        async with Fetcher(quick(max_bytes=100_000)) as fetcher:
            await fetcher.fetch(Address.parse(url), tmp_path / "part")

    with pytest.raises(FetchError, match="larger than the limit"):
        asyncio.run(fetch())
    assert 0 < (tmp_path / "part").stat().st_size <= 100_000


def test_a_picture_at_the_limit_is_taken(server: Any, photo: Photo, download: Download) -> None:
    url = server.answer("/a.jpg", server.reply(photo()))
    assert download(url, max_bytes=len(photo()) - 1).failed == {"larger than the limit": 1}
    assert download(url, max_bytes=len(photo())).fetched == 1


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _bomb(side: int) -> bytes:
    """A PNG of side x side black pixels, all of them there."""
    pack = zlib.compressobj(9)
    rows = b"".join(pack.compress(bytes(1 + side)) for _ in range(side)) + pack.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"<!doctype html><title>Sign in</title>", "got not a picture that can be read"),
        (b"", "has 0 bytes; expected 1 to"),
        (b"%PDF-1.7 \n", "got a PDF document"),
        (_bomb(9_000), "the picture has 9000x9000 pixels; at most 80000000 are accepted"),
        (_bomb(9_000)[:-50], "the picture has 9000x9000 pixels; at most 80000000 are accepted"),
    ],
    ids=["html", "empty", "pdf", "bomb", "half a bomb"],
)
def test_what_is_no_good_picture_is_not_kept(body: bytes, detail: str, server: Any, failure: Failure) -> None:
    url = server.answer("/a.jpg", server.reply(body, Content_Type="image/jpeg"))
    reason, said = failure(url)
    assert (reason, said[: len(detail)]) == ("not a good picture", detail)
    assert len(server.asked) == 1


@pytest.mark.parametrize("encoding", ["gzip", "GZip", "br", "gzip, gzip"])
def test_an_encoded_body_is_not_unpacked(encoding: str, server: Any, failure: Failure) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    url = server.answer("/a.jpg", server.reply(bomb, Content_Encoding=encoding))
    assert failure(url) == ("encoded", f"Content-Encoding {encoding.lower()}, though none was asked for")


@pytest.mark.parametrize(
    "status", ["201 Created", "204 No Content", "206 Partial", "300 Many", "304 Same", "404 No", "410 Gone"]
)
def test_a_status_that_another_try_does_not_change(status: str, server: Any, photo: Photo, failure: Failure) -> None:
    url = server.answer(
        "/a.jpg", server.reply(b"" if status[:3] in ("204", "304") else photo(), status, Location="/b.jpg")
    )
    assert failure(url) == (f"HTTP {status[:3]}", "")
    assert server.asked == ["/a.jpg"]


@pytest.mark.parametrize("status", ["500 Error", "502 Bad", "503 Busy", "429 Many", "408 Late"])
def test_a_status_that_another_try_may_change(status: str, server: Any, photo: Photo, download: Download) -> None:
    no = server.reply(b"no", status)
    urls = [server.answer("/a.jpg", no, no, server.reply(photo())), server.answer("/b.jpg", no)]
    report = download(*urls, per_host=1)
    assert (report.fetched, report.failed) == (1, {f"HTTP {status[:3]}": 1})
    assert server.times_asked == {"/a.jpg": 3, "/b.jpg": 3}


def test_retry_after_is_honoured(server: Any, photo: Photo, download: Download) -> None:
    waits = (server.reply(b"", "429 Many", Retry_After=seconds) for seconds in ("0", "3600"))
    urls = [server.answer(f"/{i}.jpg", wait, server.reply(photo())) for i, wait in enumerate(waits)]
    report = download(*urls, per_host=1)
    (failed,) = report.failures
    assert failed == {
        "id": f"{1:032x}",
        "url": urls[1],
        "reason": "host asked to stop",
        "detail": "Retry-After: 3600 s",
    }
    assert server.times_asked == {"/0.jpg": 2, "/1.jpg": 1}


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 Temporary", "308 Permanent"])
def test_redirects_are_followed(status: str, server: Any, photo: Photo, download: Download) -> None:
    server.answer("/pictures/b.jpg", server.reply(b"", status, Location=f"http://127.0.0.1:{server.port}/c d.jpg"))
    server.answer("/c%20d.jpg", server.reply(photo()))
    report = download(server.answer("/pictures/a.jpg", server.reply(b"moved", status, Location="b.jpg")))
    assert report.fetched == 1
    assert server.asked == ["/pictures/a.jpg", "/pictures/b.jpg", "/c%20d.jpg"]


@pytest.mark.parametrize(
    ("location", "reason", "detail"),
    [
        ("file:///etc/passwd", "address refused", "expected http:// or https://"),
        ("data:image/png;base64,AAAA", "address refused", "expected http:// or https://"),
        ("http://localhost:{port}/b.jpg", "address refused", "localhost is at (127.0.0.1|::1), which is not public"),
        ("//localhost:{port}/b.jpg", "address refused", "localhost is at (127.0.0.1|::1), which is not public"),
        ("http://127.0.0.2:{port}/b.jpg", "address refused", "127.0.0.2 is at 127.0.0.2, which is not public"),
        ("http://[::1]:{port}/b.jpg", "address refused", "::1 is at ::1, which is not public"),
        ("http://[::ffff:7f00:1]:{port}/b.jpg", "address refused", "::ffff:127.0.0.1|::ffff:7f00:1"),
        ("http://169.254.169.254/latest/", "address refused", "169.254.169.254, which is not public"),
        ("http://2130706433:{port}/b.jpg", "address refused", "oddly spelled"),
        ("http://127.0.0.1:{port}@127.0.0.1:{port}/b.jpg", "address refused", "a user name or password"),
        ("http://127.0.0.1:0x50/b.jpg", "address refused", "not a valid URL"),
        ("/a.jpg", "redirected too often", "more than 5 times"),
        ("", "HTTP 302", "a redirect that does not say where to"),
    ],
)
def test_redirects_that_are_not_followed(
    location: str, reason: str, detail: str, server: Any, failure: Failure
) -> None:
    answer = server.reply(b"", "302 Found", Location=location.format(port=server.port))
    reason_, detail_ = failure(server.answer("/a.jpg", answer))
    assert reason_ == reason and re.search(detail, detail_)
    assert server.asked == ["/a.jpg"] * (6 if location == "/a.jpg" else 1)


def test_a_host_that_is_not_public_is_not_asked(server: Any, download: Download) -> None:
    hosts = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]")
    report = download(*(server.url("/a.jpg", host) for host in hosts), allow_hosts=frozenset())
    assert report.failed == {"address refused": 5}
    assert all("--allow-host" in failed["detail"] for failed in report.failures)
    assert server.asked == []


def test_a_host_where_nobody_listens(failure: Failure) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert failure(f"http://127.0.0.1:{port}/a.jpg")[0] == "connection failed"
    assert failure(f"https://127.0.0.1:{port}/a.jpg")[0] == "connection failed"


def test_a_name_that_nobody_has(failure: Failure) -> None:
    reason, detail = failure("http://nobody.invalid/a.jpg")
    assert (reason, detail) == ("host not found", "nobody.invalid")


def test_what_a_server_says_stays_one_line(server: Any, download: Download) -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://\xe9\xff\x1b[2Jx\xc3\xa4/\r\n\r\n"
    report = download(server.answer("/a.jpg", answer + b""))
    (line,) = (report.images / "failures.jsonl").read_text().splitlines()
    assert line.isascii() and line.isprintable()
    assert json.loads(line)["reason"] in ("address refused", "connection broken")
