"""The connection to a PostgreSQL with pgvector, and what goes wrong with it in plain words."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scenefit.errors import CatalogError, MissingExtraError

if TYPE_CHECKING:
    import psycopg

OLDEST = (0, 8)
"""The pgvector that goes on searching its index until enough products pass a filter."""
_EXPECTED = (
    "expected postgresql://user:password@host:port/database, with % escapes for the signs @ : / ? # in a password"
)
_OPTION, _WIDEST = "ef_search", 1000
_CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Address:
    """Where a catalog is.

    Attributes:
        parameters: for libpq, the password among them.
        place: host, port and database, for messages.
        ef_search: how widely the HNSW index is searched; None to search exactly.
    """

    parameters: dict[str, Any] = field(repr=False)
    place: str
    ef_search: int | None


def read_address(url: str) -> Address:
    """Read `postgresql://user:password@host:port/database`; `?ef_search=N` asks for approximate search.

    Raises:
        CatalogError: it is not of this form; the message tells nothing of the address, which may hold a password.
        MissingExtraError: the extra `postgres` is not installed.
    """
    try:
        import pgvector.psycopg  # noqa: F401 - asked for when connecting
        import psycopg
    except ImportError:
        raise MissingExtraError("a catalog on PostgreSQL", "postgres") from None
    url, ef_search = _take_option(url)
    try:
        parameters = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error:
        raise CatalogError(f"the address of the catalog cannot be read; {_EXPECTED}") from None
    host = parameters.get("host") or parameters.get("hostaddr") or "this machine"
    place = f"{host}:{parameters.get('port', 5432)}/{parameters.get('dbname', '')}"
    if not re.match("postgres(ql)?://", url) or not re.fullmatch(r"[^@]*:[0-9,]+/[^@]*", place):
        raise CatalogError(f"the address of the catalog cannot be read; {_EXPECTED}")  # it may show half a password
    return Address({"connect_timeout": _CONNECT_SECONDS} | parameters, place, ef_search)


def _take_option(url: str) -> tuple[str, int | None]:
    """Take what is meant for us out of an address; libpq would refuse it."""
    base, _, query = url.rpartition("?")
    parts = query.split("&") if base else []
    ours = [part.partition("=")[2] for part in parts if part.partition("=")[0] == _OPTION]
    if not ours:
        return url, None
    if len(ours) > 1 or not re.fullmatch("[0-9]{1,4}", ours[0]) or not 1 <= int(ours[0]) <= _WIDEST:
        raise CatalogError(f"got {_OPTION}={', '.join(ours)[:40]}; expected one number from 1 to {_WIDEST}")
    rest = [part for part in parts if part.partition("=")[0] != _OPTION]
    return base + ("?" if rest else "") + "&".join(rest), int(ours[0])


class Connection:
    """One connection that threads wait for; where it was lost the next call makes a new one."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._lock = threading.RLock()
        self._open: psycopg.Connection[Any] | None = None
        self._closed = False

    @contextmanager
    def using(self) -> Iterator[psycopg.Connection[Any]]:
        """Hold the connection.

        Raises:
            CatalogError: whatever the server, or the way to it, has against what is done.
        """
        import psycopg

        with self._lock:
            try:
                if self._open is None or self._open.closed:
                    self._open = self._connect()
                yield self._open
            except psycopg.Error as error:
                raise self._explained(error) from None

    @contextmanager
    def changing(self) -> Iterator[psycopg.Connection[Any]]:
        """Hold the connection in a transaction: all that is done is kept when it ends, or nothing."""
        with self.using() as connection, connection.transaction():
            yield connection

    def close(self) -> None:
        """Close it for good."""
        with self._lock:
            self._closed = True
            if self._open is not None:
                self._open.close()

    def _connect(self) -> psycopg.Connection[Any]:
        import psycopg
        from pgvector.psycopg import register_vector

        if self._closed:
            raise CatalogError("this catalog was closed; open it again")
        try:
            parameters = self.address.parameters | {"client_encoding": "utf8"}
            made = psycopg.connect(**parameters, autocommit=True)
        except psycopg.Error as error:
            raise CatalogError(
                f"the catalog at {self.address.place} cannot be reached ({self._reason(error)}); is the server "
                "running, and are host, port, database, user and password right?"
            ) from None
        try:
            if extension_version(made, self.address.place):
                register_vector(made)
        except BaseException:
            made.close()
            raise
        return made

    def _explained(self, error: psycopg.Error) -> CatalogError:
        place, reason = self.address.place, self._reason(error)
        if self._open is not None and self._open.broken:
            return CatalogError(
                f"the connection to the catalog at {place} was lost ({reason}); a change under way was kept as a whole "
                "or not at all: try again, which connects anew"
            )
        if error.sqlstate == "42501":
            return CatalogError(f"the catalog at {place} refused ({reason}); let its owner GRANT this user the right")
        return CatalogError(f"the catalog at {place} could not do this ({reason}); nothing of a change was kept")

    def _reason(self, error: psycopg.Error) -> str:
        """Give the server's words on one line, without the password."""
        reason = (error.diag.message_primary or str(error)).partition("\n")[0]
        password = self.address.parameters.get("password")
        return reason.replace(password, "***") if password else reason


def extension_version(connection: psycopg.Connection[Any], place: str) -> tuple[int, ...]:
    """Give the version of pgvector in this database; empty where it is not.

    Raises:
        CatalogError: it is too old.
    """
    found = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    told = str(found[0]) if found else ""
    version = tuple(int(part) for part in re.findall("[0-9]+", told)[:2])
    if version and version < OLDEST:
        raise CatalogError(
            f"{place} has pgvector {told}; expected {OLDEST[0]}.{OLDEST[1]} or later: install it on the server, "
            "then run ALTER EXTENSION vector UPDATE"
        )
    return version
