"""The products that a training saw, with what speaks for each: its prior, and what is remembered of its scenes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scenefit.data.arrays import read_array
from scenefit.data.tables import column_names, read_table
from scenefit.errors import ArtifactError
from scenefit.types import Doubles, Floats, Ints, Table

SEEN_FILE, MEMORY = "seen_products.parquet", "memory.npy"
SEEN = {"id": "VARCHAR", "content": "VARCHAR"}
PRIOR = {"prior": "DOUBLE"}


@dataclass(frozen=True)
class SeenProducts:
    """S products, found by id or by picture; `prior` has shape (S,), `memory` (S, d) or is None."""

    ids: dict[str, int]
    contents: dict[str, int]
    prior: Doubles
    memory: Floats | None

    @classmethod
    def read(cls, folder: Path, embedding: int, remembers: bool) -> SeenProducts:
        """Read them from a model folder; `remembers` says whether it holds a memory, of `embedding` numbers each.

        Raises:
            ArtifactError: a prior is not finite, or the memory is not that of these products.
            DataError: the table is not one of seen products.
        """
        path = folder / SEEN_FILE
        table = read_table(path, SEEN | PRIOR if "prior" in column_names(path) else SEEN)
        prior = table.get("prior", np.zeros(len(table["id"])))
        if not np.isfinite(prior).all():
            raise ArtifactError(f"{path} has a prior that is not a finite number; make the model again")
        ids, contents = ({name: row for row, name in reversed([*enumerate(table[key].tolist())])} for key in SEEN)
        shape = (len(prior), embedding)
        memory = read_array(folder / MEMORY, shape, "make the model again") if remembers else None
        return cls(ids, contents, prior, memory)  # of several with one picture the first counts

    def rows(self, products: Table) -> Ints:
        """Find products by id, else by picture, shape (P,); -1 for one that the training never saw."""
        rows = zip(products["id"].tolist(), products["content"].tolist(), strict=True)
        return np.array([self.ids.get(id_, self.contents.get(content, -1)) for id_, content in rows], np.int64)
