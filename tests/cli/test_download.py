"""`scenefit data download`."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from scenefit.cli import run


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[str]:
    """A web server with one picture, a.png; its URL."""
    (tmp_path / "shop").mkdir()
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "shop" / "a.png")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "shop"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def looks(tmp_path: Path, shop: str) -> Path:
    """A folder that lacks a picture that the shop has, one that it has not, and one at no address."""
    folder = tmp_path / "looks"
    folder.mkdir()
    urls = [f"{shop}/a.png", f"{shop}/b.png", "file:///a.png"]
    records = (json.dumps({"id": f"{n:032x}", "url": url}) + "\n" for n, url in enumerate(urls))
    (folder / "missing.jsonl").write_text("".join(records))
    return folder


LOCAL = ["--allow-host", "127.0.0.1", "--delay", "0"]


def test_it_fetches_and_prints_one_object(looks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = looks.with_name("looks-images")
    for fetched in (1, 0):
        assert run(["data", "download", str(looks), *LOCAL, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {
            "images": str(images),
            "wanted": 3,
            "already_there": 1 - fetched,
            "fetched": fetched,
            "failed": {"address refused": 1, "HTTP 404": 1},
            "failures": str(images / "failures.jsonl"),
        }
    assert (images / "00" / f"{0:032x}.png").is_file()


def test_it_shows_a_table_and_what_to_do_next(looks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = tmp_path / "pictures"
    assert run(["data", "download", str(looks), "--images", str(images), *LOCAL]) == 0
    shown = capsys.readouterr()
    assert re.search(r"pictures missing +3\s+already there +0\s+fetched +1\s", shown.out)
    assert re.search(r"failed: HTTP 404 +1\s", shown.out)
    assert f"what failed, with reasons: {images / 'failures.jsonl'}" in shown.err
    assert f"now import again, with --images {images} and --overwrite added" in shown.err


def test_without_leave_a_host_that_is_not_public_is_not_asked(looks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "download", str(looks)]) == 0
    shown = capsys.readouterr()
    assert re.search(r"failed: address refused +3\s", shown.out)
    assert "now import again" not in shown.err


def test_help_has_an_example_that_parses(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "download", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    example = re.search(r"Example: scenefit (.+?) (?:Arguments|Options):", shown)
    assert example and example[1].startswith("data download")
    for option in re.findall(r"--[a-z]+", example[1]):
        assert option in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--delay", "-1"], "greater than or equal to 0"),
        (["--timeout", "0"], "got total_timeout 0.0; expected more than 0 seconds"),
        (["--max-bytes", "99999999"], "got max_bytes 99999999; a picture may have at most 67108864"),
        (["--allow-host", "http://shop"], "got --allow-host 'http://shop' .* expected a name or IP address"),
        (["--images", "{looks}/missing.jsonl"], "missing.jsonl is not a folder; expected one"),
    ],
)
def test_each_mistake_is_told_in_one_line(
    options: list[str], message: str, looks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "download", str(looks), *(option.format(looks=looks) for option in options)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert line.startswith("error: ") and re.search(message, line)
    assert not looks.with_name("looks-images").exists()
