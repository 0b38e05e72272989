"""One category of a catalog in memory: fp16 vectors in faiss, and what its products are filtered by.

The scan is exact: faiss sums in float32, and what may come out on top is summed again in float64.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np

from scenefit.types import Array, Bools, Doubles, Floats, Ints

LANES = 8
"""faiss is fast where the length of vectors is a multiple of this; the rest is filled with zeros."""
MARGIN, FEW = 16, 0.05
ROUNDING = 1e-5
"""More than what float32 loses in a sum of a few hundred products, as a share of the two lengths."""


class Shelf:
    """The products of one category, each at a position in [0, P); deleting moves the last one into the gap.

    Attributes:
        rows: shape (P,), int64, the product's row in the SQLite file.
    """

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        padded = -(-dimensions // LANES) * LANES
        self._index = faiss.IndexScalarQuantizer(padded, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        self._rows = np.empty(0, np.int64)
        self._longest = 0.0
        self.columns: dict[str, Array] = {}

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def rows(self) -> Ints:
        """The products' rows, by position."""
        return self._rows[: len(self)]

    def _codes(self) -> Array:
        """View the vectors where faiss keeps them, shape (P, padded), float16."""
        size = len(self) * self._index.code_size
        flat = faiss.rev_swig_ptr(self._index.codes.data(), size) if size else np.empty(0, np.uint8)
        codes: Array = flat.view(np.float16).reshape(len(self), -1)
        return codes

    def add(self, rows: Ints, vectors: Array) -> Ints:
        """Put products at the end; vectors (n, d + 1), float16. Gives their positions."""
        padded = np.zeros((len(rows), self._index.d), np.float16)
        padded[:, : self.dimensions] = vectors
        start = len(self)
        if start + len(rows) > len(self._rows):
            self._rows = np.concatenate([self.rows, np.zeros(max(len(rows), start // 4), np.int64)])
        self._rows[start : start + len(rows)] = rows
        self._index.add_sa_codes(padded.view(np.uint8))
        self._measure(padded)
        return np.arange(start, start + len(rows))

    def replace(self, position: int, vector: Array) -> None:
        """Give the product at a position another vector."""
        codes = self._codes()
        codes[position, : self.dimensions] = vector
        self._measure(codes[position : position + 1])

    def remove(self, position: int) -> int | None:
        """Take a product out; gives the row of the one that stands there now, if any."""
        last, codes = len(self) - 1, self._codes()
        codes[position], self._rows[position] = codes[last], self._rows[last]
        del codes
        self._index.codes.resize(last * self._index.code_size)
        self._index.ntotal = last
        return int(self._rows[position]) if position < last else None

    def _measure(self, vectors: Array) -> None:
        if len(vectors):
            squares = np.einsum("nd,nd->n", vectors, vectors, dtype=np.float32)
            self._longest = max(self._longest, float(np.sqrt(squares.max())))

    def vectors(self, positions: Ints) -> Floats:
        """Read stored vectors, shape (n, d + 1), float32."""
        return self._codes()[positions, : self.dimensions].astype(np.float32)

    def best(self, query: Floats, k: int, allowed: Bools | None = None) -> tuple[Ints, Doubles]:
        """Find the k best products and all that equal the k-th.

        Args:
            query: shape (d + 1,), float32.
            k: at least 1.
            allowed: shape (P,), which positions may come back; None for all.

        Returns:
            positions: shape (m,), the best first.
            scores: shape (m,), float64.
        """
        chosen = None if allowed is None else np.flatnonzero(allowed)
        if chosen is not None and len(chosen) <= max(FEW * len(self), 4 * k):
            return self._cut(query, chosen, k)
        total, asked = len(self) if chosen is None else len(chosen), k + MARGIN
        length = float(np.linalg.norm(query.astype(np.float64))) or 1.0
        unit = (query / length).astype(np.float32)  # so that nothing overflows
        while True:
            positions, rough = self._scan(unit, min(asked, total), allowed)
            found, scores = self._cut(query, positions, k)
            if asked >= total or scores[-1] > length * (rough[-1] + ROUNDING * self._longest):
                return found, scores
            asked *= 4

    def _scan(self, query: Floats, k: int, allowed: Bools | None) -> tuple[Ints, Floats]:
        padded = np.zeros((1, self._index.d), np.float32)
        padded[0, : self.dimensions] = query
        options: dict[str, Any] = {}
        if allowed is not None:
            selector: Any = faiss.IDSelectorBitmap  # its types are those of C++
            parameters: Any = faiss.SearchParameters
            options = {"params": parameters(sel=selector(np.packbits(allowed, bitorder="little")))}
        scores, positions = self._index.search(padded, k, **options)
        return positions[0], scores[0]

    def _cut(self, query: Floats, positions: Ints, k: int) -> tuple[Ints, Doubles]:
        """Sum anew in float64, and keep the k best with all that equal the last."""
        vectors = self._codes()[positions, : self.dimensions].astype(np.float64)
        scores = np.einsum("nd,d->n", vectors, query.astype(np.float64))
        if len(scores) > k:
            keep = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
            positions, scores = positions[keep], scores[keep]
        order = np.argsort(-scores, kind="stable")
        return positions[order], scores[order]
