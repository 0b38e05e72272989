"""What the tests of the page share: a browser, axe, and what the page asked the service."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

from scenefit.cli import run
from scenefit.data.dataset import Dataset
from scenefit.data.lookbook.generate import write_lookbook
from scenefit.demo.run import bundled_model
from scenefit.recommend.recommender import Recommender
from scenefit.service.app import create_app
from scenefit.service.examples import example_photos
from scenefit.service.server import bind, server_of
from scenefit.service.settings import ServiceConfig

AXE = "axe-core@4.10.3"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
BRANDS = ("Alder", 'The "Birch"', "Cedar")
WATCH = """
window.refused = [];
addEventListener("securitypolicyviolation", (event) => refused.push(`${event.violatedDirective} ${event.blockedURI}`));
window.sent = [];
const sends = window.fetch;
window.fetch = (address, more) => {
  if (more?.body instanceof FormData) sent.push(more.body);
  return sends(address, more);
};
"""
"""Remembers what the page's policy refused, and the forms that it sent."""
READ = """() => {
  const text = (buffer) => Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  const read = async (photo) => btoa(text(await photo.arrayBuffer()));
  const all = (form) => Promise.all(form.getAll("photo").map(read));
  return Promise.all(sent.map(async (form) => [form.get("options"), await all(form)]));
}"""


def find_chromium(own: str) -> str:
    """Give the browser of Playwright, or one of this machine; skips the test where there is none."""
    found = [os.environ.get("SCENEFIT_CHROMIUM"), own, *map(shutil.which, NAMES)]
    for path in found:
        if path and Path(path).exists():
            return path
    pytest.skip("no Chromium; install one by: python -m playwright install chromium")


def fetch_axe(folder: Path) -> str:
    """Give axe-core, fetched from npm into a folder once; skips the test where it cannot be had."""
    kept = folder / f"{AXE}.js"
    if not kept.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"no npm to fetch {AXE} with")
        command = [npm, "pack", AXE, "--silent", "--pack-destination", str(folder)]
        try:
            name = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout.split()[-1]
        except (subprocess.SubprocessError, IndexError) as error:
            pytest.skip(f"{AXE} cannot be fetched from npm ({type(error).__name__})")
        with tarfile.open(folder / name) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            kept.write_bytes(member.read())
    return kept.read_text("utf-8")


class Shop(NamedTuple):
    """A catalog of drawn products with brands, prices and pages; its scenes lie in `looks` beside it."""

    catalog: Path
    looks: Dataset

    def scene(self, number: int) -> bytes:
        """Give a scene's photo."""
        image: str = self.looks.scenes["image"][number]
        return (self.looks.folder / image).read_bytes()


def make_shop(folder: Path) -> Shop:
    """Draw scenes and products, and build a catalog of them with the bundled model."""
    write_lookbook(folder / "looks", ("fashion",), 12, 10, 3, (40, 10, 50))
    looks, table, catalog = Dataset.open(folder / "looks"), folder / "looks" / "shop.csv", folder / "catalog"
    names = ("id", "category", "image", "title", "price", "in_stock")
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*names, "currency", "url", "brand"])
        for row, values in enumerate(zip(*(looks.products[name] for name in names), strict=True)):
            url = f"https://shop.example/p/{row}" if row % 2 else ""
            rows.writerow([*values[:5], str(bool(values[5])).lower(), "EUR", url, BRANDS[row % 3]])
    assert run(["catalog", "build", str(bundled_model().folder), str(table), "--out", str(catalog), "--json"]) == 0
    return Shop(catalog, looks)


@contextmanager
def serving(catalog: Path, **settings: Any) -> Iterator[str]:
    """Run the service in a thread; gives its address."""
    config = ServiceConfig(port=0, **settings)
    recommender = Recommender.open(catalog)
    with closing(recommender.store), closing(bind(config)) as listener:
        server = server_of(create_app(recommender, config, example_photos(str(catalog))), config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


class Asked(NamedTuple):
    """What the page sent: the options, and the photos' bytes."""

    options: dict[str, Any]
    photos: list[bytes]


def asked(page: Any) -> list[Asked]:
    """Read all that the page sent to recommend, in its order."""
    sent = page.evaluate(READ)
    return [Asked(json.loads(options), [base64.b64decode(photo) for photo in photos]) for options, photos in sent]


def turned(photo: bytes, side: int) -> bytes:
    """Give a photo at `side` pixels high, lying on its side, with EXIF that says how to turn it up, and a place."""
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    image = image.resize((round(side * image.width / image.height), side)).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()
