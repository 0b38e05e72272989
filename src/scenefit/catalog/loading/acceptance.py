"""Which of the listed products a catalog takes; the others are set aside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from scenefit.catalog.columns import Columns, check_product, merge_kinds
from scenefit.catalog.loading.ids import Ids
from scenefit.catalog.loading.listed import Listed, SetAside
from scenefit.errors import CatalogError


class Acceptance:
    """Checks products one after the other.

    Attributes:
        rows: how many were looked at.
        ids: of all of them, those that are set aside too.
        nameless: how many have no id that can be read.
    """

    def __init__(
        self, categories: Collection[str], columns: Columns, ids: Ids, set_aside: Callable[[SetAside], None]
    ) -> None:
        self._categories, self._columns, self._set_aside = categories, columns, set_aside
        self.rows, self.nameless, self.ids = 0, 0, ids

    def taken(self, products: Iterable[Listed | SetAside]) -> Iterator[Listed]:
        """Give those that can be taken; of two with one id the first."""
        for row in products:
            self.rows += 1
            if isinstance(row, SetAside):
                self._note(row)
            elif not self.ids.add(row.product.id):
                self._set_aside(SetAside(row.number, row.product.id, "id: listed before"))
            elif fault := self._fault(row):
                self._set_aside(fault)
            else:
                yield row

    def _note(self, row: SetAside) -> None:
        if row.id is None:
            self.nameless += 1
        else:
            self.ids.add(row.id)
        self._set_aside(row)

    def _fault(self, row: Listed) -> SetAside | None:
        product = row.product
        if product.category not in self._categories:
            return SetAside(row.number, product.id, "category: unknown to the model", product.category)
        try:
            check_product(product)
            self._columns = merge_kinds(self._columns, product)
        except CatalogError as error:
            return SetAside(row.number, product.id, "not as a catalog can hold it", str(error))
        return None
