"""Items that a scene shows and the catalog has no photo of: in no pair, but pictures of their category all the same."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from scenefit.data.boxes import boxes_of, valid_boxes
from scenefit.errors import DataError
from scenefit.types import Table

ITEMS_FILE = "items.parquet"


def check_items(items: Table, scenes: Collection[str], categories: Collection[str], where: str) -> None:
    """Check that each item is in a box of a scene that is there, of a category of the products.

    Raises:
        DataError: it is not; the message begins with `where`.
    """
    for column, known, file in (("scene", scenes, "scenes"), ("category", categories, "products")):
        unknown = set(items[column].tolist()) - set(known)
        if unknown:
            raise DataError(f"{where} names the {column} {min(unknown)!r}, which {file}.parquet does not hold")
    bad = ~valid_boxes(boxes_of(items))
    if bad.any():
        raise DataError(f"{where}: row {int(np.argmax(bad))} has a box outside [0, 1] or turned around")
