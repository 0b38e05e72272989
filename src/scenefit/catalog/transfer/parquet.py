"""Products and their vectors as one Parquet file, written and read some at a time."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from scenefit.data.tables import column_names, os_error, quoted, read_rows
from scenefit.errors import DataError
from scenefit.types import Floats, Product

MODEL, DIMENSIONS, COUNT = "scenefit_model", "scenefit_dimensions", "scenefit_products"
_TEXTS = ("id", "category", "title", "currency", "url", "image", "content")
COLUMNS = {
    **dict.fromkeys(_TEXTS, "VARCHAR"),
    "price": "DOUBLE",
    "in_stock": "BOOLEAN",
    "attributes": "VARCHAR",
    "vector": "FLOAT[]",
}
ROW_GROUP = 16_384
Put = Callable[[Sequence[Product], Floats], None]


@contextmanager
def written_rows(path: Path, model: str, dimensions: int) -> Iterator[Put]:
    """Give what takes products with their vectors, shape (n, d + 1); when the block ends well the file is written.

    Raises:
        OSError: the file, or the rows beside it until then, cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as aside:
        connection = duckdb.connect(Path(aside, "rows.duckdb"))
        try:
            connection.execute(f"CREATE TABLE rows ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
            yield lambda products, vectors: _put(connection, products, vectors)
            (count,) = connection.execute("SELECT count(*) FROM rows").fetchall()[0]
            said = {MODEL: model, DIMENSIONS: str(dimensions), COUNT: str(count)}
            pairs = ", ".join(f"{name}: {quoted(value)}" for name, value in said.items())
            connection.execute(
                f"COPY rows TO {quoted(str(path))} "
                f"(FORMAT parquet, ROW_GROUP_SIZE {ROW_GROUP}, KV_METADATA {{{pairs}}})"
            )
        except duckdb.IOException as error:
            raise os_error(error, path) from None
        finally:
            connection.close()


def _put(connection: duckdb.DuckDBPyConnection, products: Sequence[Product], vectors: Floats) -> None:
    given: dict[str, Any] = {
        name: np.array([getattr(product, name) for product in products], object) for name in _TEXTS
    }
    prices = np.array([np.nan if product.price is None else product.price for product in products], np.float64)
    given["price"] = np.ma.masked_array(prices, np.isnan(prices))
    given["in_stock"] = np.array([product.in_stock for product in products], np.bool_)
    texts = [json.dumps(dict(product.attributes), sort_keys=True, ensure_ascii=False) for product in products]
    given["attributes"] = np.array(texts, object)
    numbers = {f"v{i}": np.ascontiguousarray(column) for i, column in enumerate(vectors.T)}
    connection.register("given", given | numbers)
    columns = ", ".join(name for name in COLUMNS if name != "vector")
    connection.execute(f"INSERT INTO rows SELECT {columns}, [{', '.join(numbers)}] FROM given")  # noqa: S608 - our names
    connection.unregister("given")


def read_products(path: Path, dimensions: int, size: int) -> Iterator[tuple[list[Product], Floats]]:
    """Read what `written_rows` wrote, some at a time.

    Raises:
        DataError: the file is not Parquet, lacks a column, or has a value that is not of its column.
    """
    missing = [name for name in COLUMNS if name not in column_names(path)]
    if missing:
        raise DataError(f"{path} lacks the columns {missing}; expected a file of `scenefit catalog export`")
    products: list[Product] = []
    vectors: list[Floats] = []
    for number, row in enumerate(read_rows(path, list(COLUMNS)), 1):
        try:
            vectors.append(_vector(row.pop("vector"), dimensions))
            products.append(_product(row))
        except ValueError as error:
            raise DataError(f"{path}, row {number}: {error}; expected a file of `scenefit catalog export`") from None
        if len(products) == size:
            yield products, np.stack(vectors)
            products, vectors = [], []
    if products:
        yield products, np.stack(vectors)


def _vector(value: Any, dimensions: int) -> Floats:
    if not isinstance(value, list) or len(value) != dimensions or not all(isinstance(each, float) for each in value):
        raise ValueError(f"the vector is not {dimensions} numbers")
    return np.array(value, np.float32)


def _product(row: dict[str, Any]) -> Product:
    for name, value in row.items():
        kind = {"DOUBLE": float, "BOOLEAN": bool}.get(COLUMNS[name], str)
        if not isinstance(value, kind) and (value is not None or name in ("id", "category", "in_stock", "attributes")):
            raise ValueError(f"{name} is {str(value)[:80]!r}")
    try:
        attributes = json.loads(row["attributes"])
    except RecursionError:
        attributes = None
    if not isinstance(attributes, dict) or not all(isinstance(v, str | int | float) for v in attributes.values()):
        raise ValueError(f"attributes is {row['attributes'][:80]!r}, not a JSON object of texts, numbers and booleans")
    return Product(**row | {"attributes": attributes})
