"""Pinterest's signatures: 32 hex digits name a picture, and its address."""

from __future__ import annotations

from typing import Any

from scenefit.data.importers.records import SIGNATURE


def is_signature(value: Any) -> bool:
    """Say whether a value is text of 32 hex digits."""
    return isinstance(value, str) and bool(SIGNATURE.fullmatch(value))


def picture_url(signature: str) -> str:
    """Give the address of a picture, 400 pixels wide.

    >>> picture_url("48de30364dba3c2b6b4fc27886533a62")
    'https://i.pinimg.com/400x/48/de/30/48de30364dba3c2b6b4fc27886533a62.jpg'
    """
    return f"https://i.pinimg.com/400x/{signature[:2]}/{signature[2:4]}/{signature[4:6]}/{signature}.jpg"
