"""A connection to Milvus: where it is, what it is asked, and its failures in one sentence."""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from scenefit.catalog.filters.milvus import literal
from scenefit.errors import CatalogError, MissingExtraError, UsageError

MOST = 16_384
"""So many rows Milvus gives in one answer."""
SECONDS, REACH_SECONDS = 60.0, 10.0
FORM = "milvus://[USER:PASSWORD@]HOST[:PORT][/DATABASE][?tls=1] or milvus:///FOLDER/FILE.db"
_files: Counter[str] = Counter()
_files_lock = threading.Lock()


@dataclass(frozen=True)
class Address:
    """What a location says; `shown` is without its password.

    >>> Address.of("milvus://ann:secret@shop.example:19530/looks").shown
    'milvus://shop.example:19530/looks'
    >>> Address.of("milvus:///srv/shop.db").file
    '/srv/shop.db'
    """

    shown: str
    uri: str
    file: str | None = None
    token: str = field(default="", repr=False)
    database: str = ""

    @classmethod
    def of(cls, location: str) -> Address:
        """Read a location.

        Raises:
            UsageError: it is not of the form.
        """
        try:
            parts = urlsplit(location)
            options, port = parse_qs(parts.query, strict_parsing=bool(parts.query)), parts.port or 19530
        except ValueError:
            raise UsageError(f"got a location of Milvus that cannot be read; expected {FORM}") from None
        if parts.scheme != "milvus" or options not in ({}, {"tls": ["1"]}) or parts.fragment:
            raise UsageError(f"got a location that Milvus does not have; expected {FORM}")
        path = unquote(parts.path)
        if not parts.netloc:
            return cls._of_file(path)
        if not parts.hostname or "/" in path.strip("/"):
            raise UsageError(f"got a location of Milvus without a host, or with more than a database; expected {FORM}")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        token = ":".join(unquote(part) for part in (parts.username, parts.password) if part)
        uri = f"{'https' if options else 'http'}://{host}:{port}"
        return cls(f"milvus://{host}:{port}{parts.path}", uri, None, token, path.strip("/"))

    @classmethod
    def _of_file(cls, path: str) -> Address:
        if not path.endswith(".db") or not Path(path).parent.is_dir():
            raise UsageError(
                f"got the file {path!r} for Milvus; expected one that ends in .db, in a folder that exists"
            )
        file = os.path.realpath(path)
        return cls(f"milvus://{path}", file, file)


class Server:
    """One database of a Milvus, or a file of milvus-lite, which one process at a time may have open."""

    def __init__(self, location: str) -> None:
        """Connect.

        Raises:
            CatalogError: it cannot be reached.
            MissingExtraError: pymilvus is not installed.
            UsageError: see `Address.of`.
        """
        self.address = Address.of(location)
        try:
            import pymilvus
        except ImportError:
            raise MissingExtraError("a catalog on Milvus", "milvus") from None
        quiet = ("pymilvus", "milvus_lite", *(["grpc._server"] if self.address.file else []))
        for name in quiet:  # what they log on standard error is in the errors that are raised
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._milvus: Any = pymilvus
        at = self.address
        self._client = self._tried(
            lambda: pymilvus.MilvusClient(at.uri, token=at.token, db_name=at.database, timeout=REACH_SECONDS),
            "it cannot be opened; is another process using it?" if at.file else "it cannot be reached",
        )
        self._closed = False
        if at.file:
            with _files_lock:
                _files[at.file] += 1

    @property
    def types(self) -> Any:
        """The types of fields."""
        return self._milvus.DataType

    @property
    def partitions(self) -> bool:
        """Whether upserting finds the partitions of a key: not before 2.4."""
        version = str(self.call("get_server_version"))
        return "lite-" in version or not version.lstrip("v").startswith(("2.2", "2.3"))

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of pymilvus' client.

        Raises:
            CatalogError: it failed.
        """
        return self._tried(lambda: getattr(self._client, method)(*arguments, timeout=SECONDS, **options), method)

    def _tried(self, action: Callable[[], Any], what: str) -> Any:
        import grpc

        try:
            return action()
        except (self._milvus.MilvusException, grpc.RpcError, OSError) as error:
            text = " ".join(str(getattr(error, "message", "") or error).split())
            for secret in {self.address.token, self.address.token.rpartition(":")[2]} - {""}:
                text = text.replace(secret, "***")
            raise CatalogError(f"Milvus at {self.address.shown}: {what}: {text[:500]}") from None

    def with_ids(self, collection: str, ids: Sequence[str], fields: Sequence[str]) -> list[dict[str, Any]]:
        """Give the rows of some ids, in no order."""
        unique = list(dict.fromkeys(ids))
        parts = [unique[start : start + 500] for start in range(0, len(unique), 500)]
        return [row for part in parts for row in self.query(collection, f"id in {literal(part)}", fields)]

    def query(self, collection: str, condition: str, fields: Sequence[str], **options: Any) -> list[dict[str, Any]]:
        """Give the rows where a condition holds, at most `MOST`."""
        return [dict(row) for row in self.call("query", collection, condition, output_fields=list(fields), **options)]

    def pages(
        self, collection: str, fields: Sequence[str], size: int, condition: str = ""
    ) -> Iterator[list[dict[str, Any]]]:
        """Give all rows where a condition holds, in the order of their ids.

        pymilvus has an iterator of its own, which does not quote the id where it goes on.
        """
        last, more = "", f" and ({condition})" if condition else ""
        in_order = {"iterator": "True", "reduce_stop_for_best": "True", "limit": min(size, MOST)}
        while rows := self.query(collection, f"id > {literal(last)}{more}", fields, **in_order):
            rows.sort(key=lambda row: str(row["id"]))
            last = rows[-1]["id"]
            yield rows

    def create(self, collection: str, fields: Mapping[str, Mapping[str, Any]], dimensions: int) -> None:
        """Make a collection of some fields, the options of each by its name, and of a `vector`; searched exactly."""
        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        for name, options in fields.items():
            schema.add_field(name, **options)
        schema.add_field("vector", self._milvus.DataType.FLOAT_VECTOR, dim=dimensions)
        index = self._client.prepare_index_params()
        index.add_index("vector", index_type="FLAT", metric_type="IP")
        self.call("create_collection", collection, schema=schema, index_params=index, consistency_level="Strong")

    def close(self) -> None:
        """Let go of the connection; of a file with the last one."""
        if self._closed:
            return
        self._closed = True
        self._client.close()
        if self.address.file:
            with _files_lock:
                _files[self.address.file] -= 1
                if not _files[self.address.file]:
                    from milvus_lite.server_manager import server_manager_instance

                    server_manager_instance.release_server(self.address.file)
