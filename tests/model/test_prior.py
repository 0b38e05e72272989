"""The prior of products: found by id or by picture, one more dimension of the vectors, taken away by novelty."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from scenefit import artifacts
from scenefit.data.dataset import Dataset
from scenefit.data.tables import read_table, write_table
from scenefit.errors import ArtifactError, DataError, UsageError
from scenefit.model.compatibility import distance, distance_matrix, with_novelty, with_prior
from scenefit.model.folder import MANIFEST, Model
from scenefit.model.seen_products import PRIOR, SEEN
from scenefit.types import Array, Table


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_folder, tmp_path / "model"))


@pytest.fixture
def products(model_folder: Path) -> Table:
    return Dataset.open(model_folder.with_name("dataset")).products


def with_seen(folder: Path, table: Table, columns: dict[str, str]) -> Model:
    """Replace what a model says of the products that it saw."""
    write_table(folder / "seen_products.parquet", table, columns)
    about = json.loads((folder / MANIFEST).read_text())
    body = {key: about[key] for key in ("categories", "sizes", "backbone")}
    artifacts.seal(folder, MANIFEST, "model", list(about["files"]), about["parents"], body)
    return Model(folder)


def texts(*values: str) -> Array:
    return np.array(values, object)


def test_a_model_without_a_prior_gives_zeros(model_folder: Path, copy: Path, products: Table) -> None:
    seen = read_table(model_folder / "seen_products.parquet", SEEN | PRIOR)
    assert seen["prior"].tolist() == [0.0] * len(seen["id"])
    older = with_seen(copy, seen, SEEN)
    for model in (Model(model_folder), older):
        prior = model.prior(products)
        assert (prior.dtype, prior.tolist()) == (np.float32, [0.0] * len(products["id"]))
    np.testing.assert_array_equal(older.seen(products), Model(model_folder).seen(products))


def test_found_by_id_then_by_picture(copy: Path) -> None:
    seen = {"id": texts("a", "b", "c"), "content": texts("1", "2", "2"), "prior": np.array([0.5, -1.25, 9.0])}
    model = with_seen(copy, seen, SEEN | PRIOR)
    asked = {"id": texts("a", "new", "c", "new", "b"), "content": texts("0", "2", "2", "0", "1")}
    assert model.prior(asked).tolist() == [0.5, -1.25, 9.0, 0.0, -1.25]
    assert model.prior({"id": texts(), "content": texts()}).shape == (0,)


def test_a_prior_that_is_no_number(copy: Path) -> None:
    seen = {"id": texts("a"), "content": texts("1"), "prior": np.array([np.inf])}
    with pytest.raises(ArtifactError, match=r"seen_products\.parquet has a prior that is not a finite number; make"):
        with_seen(copy, seen, SEEN | PRIOR).prior(seen)
    with pytest.raises(DataError, match="column 'prior' is VARCHAR; expected DOUBLE"):
        with_seen(copy, seen | {"prior": texts("much")}, SEEN | {"prior": "VARCHAR"}).seen(seen)


@pytest.mark.parametrize("novelty", [0.0, 0.25, 1.0])
def test_counts_against_the_distance(novelty: float) -> None:
    rng = np.random.default_rng(0)
    queries, products = rng.normal(size=(3, 128)).astype(np.float32), rng.normal(size=(5, 128)).astype(np.float32)
    prior = rng.normal(size=5)
    got = distance_matrix(with_novelty(queries, novelty), with_prior(products, prior))
    for b in range(3):
        for p in range(5):
            expected = distance(queries[b].astype(float), products[p].astype(float)) - (1 - novelty) * prior[p]
            assert got[b, p] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("size", [6, 16, 100, 128])
def test_a_prior_of_zero_changes_no_bit(size: int) -> None:
    rng = np.random.default_rng(size)
    queries, products = rng.normal(size=(50, size)).astype(np.float32), rng.normal(size=(200, size)).astype(np.float32)
    got = distance_matrix(with_novelty(queries), with_prior(products, np.zeros(200)))
    np.testing.assert_array_equal(got, distance_matrix(queries, products))


@pytest.mark.parametrize("novelty", [-0.01, 1.01, float("nan")])
def test_novelty_out_of_range(novelty: float) -> None:
    with pytest.raises(UsageError, match=r"got the novelty .*; expected 0 \(the prior counts in full\) to 1 \(not at"):
        with_novelty(np.zeros((1, 2), np.float32), novelty)
