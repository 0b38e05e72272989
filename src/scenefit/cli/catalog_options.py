"""Options that several commands of `scenefit catalog` share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import typer

from scenefit.catalog.columns import Kind
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.stores import Store
from scenefit.errors import FingerprintError, UsageError
from scenefit.model.folder import Model

Column = typer.Option([], help="NAME=COLUMN: the table calls NAME differently, such as id=sku; may be given again.")
Kinds = typer.Option([], help="NAME=text|number|boolean: of an attribute that is not what it looks like.")
Without = typer.Option([], help="Leave out a column of the table; may be given again.")
Currency = typer.Option(None, help="Of prices that name none, such as EUR.")
AllowHost = typer.Option([], help="Fetch pictures from this host though it is not of the public internet.")
Refetch = typer.Option(False, "--refetch", help="Fetch also pictures that the catalog has from the same address.")
Rejected = typer.Option(None, help="Where to list rows that are set aside.", show_default="CATALOG/rejected.jsonl")
ModelFolder = typer.Option(None, "--model", help="The model folder, for a catalog on a server.")


def pairs_of(option: str, texts: Sequence[str]) -> dict[str, str]:
    """Read `NAME=VALUE` texts.

    Raises:
        UsageError: one is not of that form, or a name stands twice.
    """
    pairs = [text.partition("=") for text in texts]
    for name, sign, value in pairs:
        if not (name and sign and value):
            raise UsageError(f"got {option} {name}{sign}{value}; expected NAME=VALUE")
    found = {name: value for name, _, value in pairs}
    if len(found) < len(pairs):
        raise UsageError(f"got {option} twice with one name; give each name once")
    return found


def read_kinds(texts: Sequence[str]) -> dict[str, Kind]:
    """Read `NAME=KIND` texts.

    Raises:
        UsageError: one is not of that form, or names no kind.
    """
    known: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
    pairs = pairs_of("--kind", texts)
    if unknown := [value for value in pairs.values() if value not in known]:
        raise UsageError(f"got --kind {unknown[0]!r}; expected one of {', '.join(known)}")
    return {name: known[value] for name, value in pairs.items()}


def model_of(store: Store, folder: Path | None) -> Model:
    """Open the model of a catalog: its own, or the folder's, which must be the one of the vectors.

    Raises:
        UsageError: a server without a folder.
        FingerprintError: the folder holds another model.
    """
    own = store.model_folder if isinstance(store, LocalCatalog) else None
    if folder is None and own is None:
        raise UsageError(
            "a catalog on a server holds no model; give --model, the folder of the one that made its vectors"
        )
    model = Model(folder or own or Path())
    if model.fingerprint != store.model:
        raise FingerprintError(
            f"the catalog's vectors were made by the model {store.model[:12]}; {model.folder} holds "
            f"{model.fingerprint[:12]}: give the right --model"
        )
    return model
