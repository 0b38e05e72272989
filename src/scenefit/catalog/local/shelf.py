"""Products of one category in memory: fp16 vectors that faiss scans, and their rows in the file.

faiss sums in float32; `nearest` sums again in float64 what may come out on top.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np

from scenefit.types import Array, Bools, Floats, Ints

LANES = 16
"""faiss is fast where the length of vectors is a multiple of this; the rest is filled with zeros."""
FEW = 0.02
ROUNDING = 1e-5
"""More than what float32 loses in a sum of a few hundred products, as a share of the two lengths."""


def narrow(dimensions: int) -> int:
    """Give how many of a vector's numbers fill lanes; of most products the others, the prior, are 0.

    >>> narrow(129), narrow(128), narrow(5)
    (128, 128, 5)
    """
    return dimensions // LANES * LANES or dimensions


class Shelf:
    """Products at positions in [0, P); deleting one moves the last into the gap.

    The vectors lie in an array of NumPy, with room to grow, and faiss is shown where: such memory is in large pages,
    which a scan passes faster than what faiss would take for itself.

    Attributes:
        dimensions: the length of vectors, d + 1.
        used: how many of their numbers, from the first, may be other than 0.
        lanes: their length in memory.
        largest: no number of a vector is larger, whatever its sign.
    """

    def __init__(self, dimensions: int, used: int | None = None) -> None:
        """Make an empty shelf; all numbers are used where `used` is None."""
        self.dimensions, self.used = dimensions, used or dimensions
        self.lanes = -(-self.used // LANES) * LANES
        self._index = faiss.IndexScalarQuantizer(self.lanes, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        self._vectors: Array = np.empty((0, self.lanes), np.float16)
        self._rows = np.empty(0, np.int64)
        self._count, self.largest = 0, 0.0

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> Ints:
        """The products' rows, by position."""
        return self._rows[: self._count]

    @property
    def stored(self) -> Array:
        """The vectors as they lie in memory, shape (P, lanes), float16."""
        return self._vectors[: self._count]

    def fill(self, rows: Ints, stored: Array, largest: float) -> None:
        """Take over what another shelf had as `rows`, `stored` and `largest`."""
        self._show(rows, stored)
        self.largest = largest
        self._set_count(len(rows))

    def add(self, rows: Ints, vectors: Array) -> Ints:
        """Put products at the end; vectors (n, d + 1), float16. Gives their positions."""
        start, end = self._count, self._count + len(rows)
        if end > len(self._rows):
            self._grow(max(end, start + start // 4))
        self._rows[start:end] = rows
        self._vectors[start:end, : self.used] = vectors[:, : self.used]
        self._vectors[start:end, self.used :] = 0
        self._measure(vectors)
        self._set_count(end)
        return np.arange(start, end)

    def _grow(self, room: int) -> None:
        rows, vectors = np.empty(room, np.int64), np.empty((room, self.lanes), np.float16)
        rows[: self._count], vectors[: self._count] = self.rows, self.stored
        self._show(rows, vectors)

    def _show(self, rows: Ints, vectors: Array) -> None:
        """Tell faiss where the vectors are."""
        self._rows, self._vectors = rows, vectors
        codes: Any = self._index.codes  # its types are those of C++
        place = faiss.swig_ptr(vectors.view(np.uint8).reshape(-1))
        codes.is_owned = False
        codes.view_data = codes.c_ptr = place
        codes.view_size = codes.c_size = vectors.nbytes

    def _set_count(self, count: int) -> None:
        self._count = self._index.ntotal = count

    def replace(self, positions: Ints, vectors: Array) -> None:
        """Give the products at some positions other vectors, (n, d + 1), float16."""
        self._vectors[positions, : self.used] = vectors[:, : self.used]
        self._measure(vectors)

    def remove(self, position: int) -> int | None:
        """Take a product out; gives the row of the one that stands there now, if any."""
        last = self._count - 1
        self._vectors[position], self._rows[position] = self._vectors[last], self._rows[last]
        self._set_count(last)
        return int(self._rows[position]) if position < last else None

    def _measure(self, vectors: Array) -> None:
        """Remember the largest number; without their signs, fp16 numbers are in the order of their bits."""
        if vectors.size:
            bits = np.bitwise_and(vectors.view(np.uint16), 0x7FFF).max()
            self.largest = max(self.largest, float(bits.view(np.float16)))

    def vectors(self, positions: Ints) -> Floats:
        """Read stored vectors, shape (n, d + 1), float32."""
        found = np.zeros((len(positions), self.dimensions), np.float32)
        found[:, : self.used] = self._vectors[positions, : self.used]
        return found

    def candidates(self, unit: Floats, k: int, allowed: Bools | None = None) -> tuple[Ints, float]:
        """Find positions among which are all with a score above a limit, which is given too.

        Args:
            unit: shape (d + 1,), float32: a query of length 1, or of zeros.
            k: so many positions or all of them, at least 1.
            allowed: shape (P,), which positions may come back; None for all.
        """
        chosen = None if allowed is None else np.flatnonzero(allowed)
        if chosen is not None and len(chosen) <= max(FEW * len(self), 4 * k):
            return chosen, -np.inf
        total = len(self) if chosen is None else len(chosen)
        positions, rough = self._scan(unit, min(k, total), allowed)
        room = ROUNDING * self.largest * self.lanes**0.5
        return positions, -np.inf if k >= total else float(rough[-1]) + room

    def _scan(self, query: Floats, k: int, allowed: Bools | None) -> tuple[Ints, Floats]:
        padded = np.zeros((1, self.lanes), np.float32)
        padded[0, : self.used] = query[: self.used]
        faiss.omp_set_num_threads(1)  # there is one query; more threads would wait for it in a loop
        options: dict[str, Any] = {}
        if allowed is not None:
            selector: Any = faiss.IDSelectorBitmap
            parameters: Any = faiss.SearchParameters
            options = {"params": parameters(sel=selector(np.packbits(allowed, bitorder="little")))}
        scores, positions = self._index.search(padded, k, **options)
        return positions[0], scores[0]
