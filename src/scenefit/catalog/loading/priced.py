"""Prices get a currency where the products name none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from scenefit.catalog.loading.listed import Listed, SetAside, Source
from scenefit.errors import UsageError

CODE = re.compile("[A-Z]{3}")


class Priced:
    """What a source lists; prices that name no currency are in the one given."""

    def __init__(self, source: Source, currency: str) -> None:
        """Take a source and a currency.

        Raises:
            UsageError: it is not three capital letters, as ISO 4217 has them.
        """
        if not CODE.fullmatch(currency):
            raise UsageError(f"got the currency {currency!r}; expected three capital letters, such as EUR")
        self._source, self._currency, self.total = source, currency, source.total

    def __iter__(self) -> Iterator[Listed | SetAside]:
        for row in self._source:
            if isinstance(row, SetAside) or row.product.price is None or row.product.currency:
                yield row
            else:
                yield replace(row, product=replace(row.product, currency=self._currency))
