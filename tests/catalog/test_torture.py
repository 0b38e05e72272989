"""Killed writers, full disks, a second writer, and readers beside a writer; benchmarks/ has the long versions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from scenefit.catalog.local import models
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.errors import CatalogError
from scenefit.model.folder import Model
from scenefit.types import Floats, Product

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
needs_kill = pytest.mark.skipif(os.name != "posix", reason="SIGKILL and fork are of POSIX")


def run(script: str, *options: object) -> str:
    command = [sys.executable, str(BENCHMARKS / script), *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def shoes(count: int, start: int = 0) -> list[Product]:
    return [Product(f"shoe {i}", "Shoes", title="x" * 500) for i in range(start, start + count)]


def ones(catalog: LocalCatalog, count: int) -> Floats:
    return np.ones((count, catalog.dimensions), np.float32)


@pytest.fixture
def folder(tmp_path: Path, bundled: Model) -> Path:
    models.create(tmp_path / "catalog", bundled)
    return tmp_path / "catalog"


@needs_kill
@pytest.mark.parametrize("mode", ["load", "stream", "switch"])
def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(tmp_path: Path, mode: str) -> None:
    assert '"kills": 3' in run("catalog_torture.py", tmp_path / "work", "--kills", 3, "--longest", 0.2, "--modes", mode)


@needs_kill
def test_readers_see_what_a_writer_changes(tmp_path: Path) -> None:
    run("readers_and_writer.py", tmp_path, "--products", 2000, "--readers", 2, "--seconds", 3, "--rate", 200)


def fill_up(catalog: LocalCatalog) -> tuple[int, str]:
    """Upsert until there is no room; give how many are in, and what was said."""
    for start in range(0, 100_000, 100):
        try:
            catalog.upsert(shoes(100, start), ones(catalog, 100))
        except CatalogError as error:
            return start, str(error)
    raise AssertionError("there is too much room")


def test_a_full_database_keeps_nothing_of_a_change(folder: Path) -> None:
    catalog, reader = LocalCatalog(folder), LocalCatalog(folder)
    (pages,) = catalog.writer.connection.execute("PRAGMA page_count").fetchone()
    catalog.writer.connection.execute(f"PRAGMA max_page_count = {pages + 200}")
    count, said = fill_up(catalog)
    assert said == (
        "the catalog could not be changed (database or disk is full); nothing of this change was kept: make room, and "
        "try again"
    )
    assert count and catalog.counts() == reader.counts() == {"Shoes": count}
    catalog.writer.connection.execute("PRAGMA max_page_count = 1000000")
    catalog.upsert(shoes(100, count), ones(catalog, 100))
    assert reader.counts() == {"Shoes": count + 100}
    for each in (catalog, reader):
        each.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB; skips where none can be mounted."""
    (disk := tmp_path / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(disk)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no small disk can be mounted here: {error}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_keeps_nothing_of_a_change(small_disk: Path, bundled: Model) -> None:
    models.create(small_disk / "catalog", bundled)
    (ballast := small_disk / "ballast").write_bytes(bytes(2_000_000))
    catalog, reader = LocalCatalog(small_disk / "catalog"), LocalCatalog(small_disk / "catalog")
    count, said = fill_up(catalog)
    assert "nothing of this change was kept" in said
    assert count and catalog.counts() == reader.counts() == {"Shoes": count}
    catalog.close()
    again = LocalCatalog(small_disk / "catalog")
    assert again.counts() == {"Shoes": count}
    ballast.unlink()
    again.upsert(shoes(100, count), ones(again, 100))
    assert reader.counts() == again.counts() == {"Shoes": count + 100}
    for each in (again, reader):
        each.close()


def test_a_second_writer_is_told_so_and_goes_on_reading(folder: Path) -> None:
    first, second = LocalCatalog(folder), LocalCatalog(folder)
    first.upsert(shoes(2), ones(first, 2))
    for change in (lambda: second.upsert(shoes(1), ones(second, 1)), lambda: second.delete(["shoe 0"])):
        with pytest.raises(CatalogError, match="is being written by another process, or"):
            change()
    assert second.counts() == {"Shoes": 2}
    first.close()
    assert second.delete(["shoe 0"]) == 1
    second.close()
