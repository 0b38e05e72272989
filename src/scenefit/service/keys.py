"""API keys: made of 256 random bits, kept as their SHA-256, compared in constant time.

A slow hash protects what people choose; a random key cannot be guessed from its SHA-256, and checking it stays fast.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scenefit.errors import UsageError

SCOPES = {"read": {"read"}, "write": {"read", "write", "metrics"}, "metrics": {"metrics"}}
"""What a key of each scope may do."""
LINE = re.compile(r"(\S{1,64}) (read|write|metrics) sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Key:
    """Who may ask: a name for the metrics, a scope, and the SHA-256 of the key in hex."""

    name: str
    scope: str
    digest: str

    def may(self, what: str) -> bool:
        """Say whether the key lets its holder do something."""
        return what in SCOPES[self.scope]

    @property
    def line(self) -> str:
        """The line that a file of keys has of it."""
        return f"{self.name} {self.scope} sha256:{self.digest}"


def new_key(name: str, scope: str) -> tuple[str, Key]:
    """Draw a key; give it as its holder sends it, and as the service keeps it.

    Raises:
        UsageError: an unknown scope, or a name with spaces or too long.
    """
    secret = f"sf_{secrets.token_urlsafe(32)}"
    key = Key(name, scope, _digest(secret))
    if not LINE.fullmatch(key.line):
        raise UsageError(
            f"got the name {name!r} and the scope {scope!r}; expected a short word, and one of {[*SCOPES]}"
        )
    return secret, key


def read_keys(path: Path) -> tuple[Key, ...]:
    """Read a file of keys, a line each; empty lines and lines that begin with # are passed over.

    Raises:
        UsageError: the file cannot be read, or has another line, or two keys of one name.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} cannot be read ({error}); expected lines as `scenefit serve-key` prints them"
        ) from None
    keys: dict[str, Key] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = LINE.fullmatch(line.strip())
        if found is None or found[1] in keys:
            raise UsageError(f"{path}, line {number}: expected NAME read|write|metrics sha256:HEX, each name once")
        keys[found[1]] = Key(*found.groups())
    if not keys:
        raise UsageError(f"{path} holds no key; make one by `scenefit serve-key` and put its line there")
    return tuple(keys.values())


def find_key(keys: Sequence[Key], secret: str) -> Key | None:
    """Find the key that was sent; how long it takes does not depend on which it is.

    >>> secret, key = new_key("shop", "read")
    >>> find_key([key], secret) == key, find_key([key], "guess")
    (True, None)
    """
    digest, found = _digest(secret), None
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            found = key
    return found


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
