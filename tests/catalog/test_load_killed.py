"""A load killed with SIGKILL: what was committed is there and whole, and the next run completes it."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from drawn_shop import draw_shop, write_csv

from scenefit.catalog.loading.build import build_catalog
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.model.folder import Model

PRODUCTS, KILLS = 48, 3
BUILD = """
import sys
from pathlib import Path
from scenefit.catalog.loading import load
from scenefit.catalog.loading.build import build_catalog
from scenefit.model.folder import Model
load.CHUNK = 2
tell = lambda what, done, total: print(done, flush=True)
model, table, out = map(Path, sys.argv[1:])
build_catalog(Model(model), table, out, progress=tell)
"""


def build(*arguments: Path, kill_after: int | None = None, delay: float = 0.0) -> list[int]:
    """Run a build; kill it a moment after it has told of so many products. Gives what it told."""
    command = [sys.executable, "-c", BUILD, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(int(line))
            if kill_after is not None and told[-1] >= kill_after:
                time.sleep(delay)
                process.kill()
                break
    return told


@pytest.mark.parametrize("seed", range(KILLS))
def test_what_was_told_is_kept_and_a_rerun_completes(seed: int, bundled: Model, tmp_path: Path) -> None:
    draw = random.Random(seed)
    table = write_csv(tmp_path / "t.csv", draw_shop(tmp_path, PRODUCTS))
    out = tmp_path / "catalog"
    soon = draw.randrange(2, PRODUCTS // 2)  # so early that much is left to do when the kill comes
    told = build(bundled.folder, table, out, kill_after=soon, delay=draw.uniform(0, 0.05))
    catalog = LocalCatalog(out)
    there = sum(catalog.counts().values())
    assert told[-1] <= there < PRODUCTS
    kept = [product for products, _ in catalog.scan() for product in products]
    assert all(catalog.picture(product) is not None for product in kept)
    catalog.close()
    report = build_catalog(bundled, table, out)
    assert (report.added, report.unchanged) == (PRODUCTS - there, there)
    build_catalog(bundled, table, tmp_path / "whole")
    one, other = LocalCatalog(out), LocalCatalog(tmp_path / "whole")
    for (products, vectors), (expected, of) in zip(one.scan(), other.scan(), strict=True):
        assert products == expected
        np.testing.assert_allclose(vectors, of, atol=1e-3)  # in other batches the network rounds otherwise
    assert not (out / "images" / ".aside").exists()
    one.close()
    other.close()
