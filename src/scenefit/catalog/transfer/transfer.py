"""Catalogs from store to store, and to Parquet and back; no model runs, and no vector changes by a bit.

What broke off is given again: products that are there already are replaced by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from scenefit import artifacts
from scenefit.catalog.stores import Store
from scenefit.catalog.transfer.parquet import COUNT, MODEL, read_products, written_rows
from scenefit.data.tables import metadata
from scenefit.errors import CatalogError, DataError, FingerprintError, UsageError
from scenefit.types import Floats, Product, Progress, silent

SIZE = 1000


def copy(source: Store, target: Store, *, progress: Progress = silent) -> int:
    """Put all products of a store into another; those that only the other has stay there. Gives how many there were.

    Raises:
        CatalogError: the target cannot hold a product, a store fails, or the source's model was switched meanwhile.
        FingerprintError: the stores are of two models.
    """
    _check_target(source.model, target)
    return _put(_parts(source), target, sum(source.counts().values()), progress)


def export_parquet(store: Store, file: Path, *, overwrite: bool = False, progress: Progress = silent) -> int:
    """Write all products of a store with their vectors as one Parquet file; gives how many there were.

    Its columns are the fields of `types.Product`, the attributes as the text of a JSON object, and `vector`: d + 1
    float32 that fp16 holds, the prior last. The file's metadata names the model that made them: `scenefit_model`.

    Raises:
        CatalogError: the store fails, or its model was switched meanwhile.
        OSError: the file cannot be written, as on a full disk.
        UsageError: the file exists and `overwrite` is false.
    """
    if file.exists() and not overwrite:
        raise UsageError(f"{file} exists already; choose another place, or pass --overwrite to replace it")
    total, done = sum(store.counts().values()), 0
    with artifacts.written_file(file) as aside, written_rows(aside, store.model, store.dimensions) as put:
        for products, vectors in _parts(store):
            put(products, vectors)
            done += len(products)
            progress("products", done, max(done, total))
    return done


def import_parquet(file: Path, store: Store, *, progress: Progress = silent) -> int:
    """Put all products of a file that `export_parquet` wrote into a store; gives how many there were.

    Raises:
        CatalogError: the store cannot hold a product, or fails; what came before stays there.
        DataError: the file is not Parquet, or not such a one.
        FingerprintError: its vectors are of another model than the store's.
    """
    said = metadata(file)
    if not {MODEL, COUNT} <= set(said) or not said[COUNT].isdecimal():
        raise DataError(f"{file} does not say what made its vectors; expected a file of `scenefit catalog export`")
    _check_target(said[MODEL], store)
    return _put(read_products(file, store.dimensions, SIZE), store, int(said[COUNT]), progress)


def _put(parts: Iterable[tuple[list[Product], Floats]], target: Store, total: int, progress: Progress) -> int:
    done = 0
    for products, vectors in parts:
        target.upsert(products, vectors)
        done += len(products)
        progress("products", done, max(done, total))
    return done


def _check_target(model: str, target: Store) -> None:
    if target.model != model:
        raise FingerprintError(
            f"got vectors of the model {model[:12]} for a catalog of the model {target.model[:12]}; make the catalog "
            "with the model that made the vectors"
        )


def _parts(store: Store) -> Iterator[tuple[list[Product], Floats]]:
    """Scan a store; its model is looked at again behind each part, so that none is of another."""
    model = store.model
    for part in store.scan(SIZE):
        if store.model != model:
            raise CatalogError(
                f"the catalog was switched from the model {model[:12]} to {store.model[:12]} while it was read; begin "
                "anew"
            )
        yield part
