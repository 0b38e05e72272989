"""What only a catalog on PostgreSQL has: addresses, rights, lost connections, the HNSW index; the rest: test_stores."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from scenefit.catalog.columns import FIXED
from scenefit.catalog.filters.parse import parse_filter
from scenefit.catalog.postgres.catalog import PostgresCatalog
from scenefit.catalog.postgres.connection import read_address
from scenefit.catalog.postgres.schema import create_postgres
from scenefit.catalog.stores import Query
from scenefit.errors import CatalogError, FingerprintError, MissingExtraError
from scenefit.types import Floats, Product

psycopg = pytest.importorskip("psycopg")
SIZE = 9
SEEN: list[str] = []


@pytest.fixture
def url(postgres_url: str) -> str:
    """The address of an empty catalog of the model `m`."""
    create_postgres(postgres_url, "m", SIZE)
    return postgres_url


@pytest.fixture
def catalog(url: str) -> Iterator[PostgresCatalog]:
    opened = PostgresCatalog(url)
    yield opened
    opened.close()


@pytest.fixture
def admin(url: str) -> Iterator[Any]:
    """A connection to the same schema."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def clustered(count: int, seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(20, SIZE))
    drawn = centres[rng.integers(0, 20, count)] + 0.3 * rng.normal(size=(count, SIZE))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def products(count: int, category: str = "Shoes") -> list[Product]:
    return [Product(f"{category}{i}", category, price=float(i)) for i in range(count)]


def note_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the server's plan of each search of this process into SEEN."""
    ask = psycopg.Cursor.execute

    def execute(self: Any, text: Any, *values: Any, **options: Any) -> Any:
        if b"ORDER BY" in bytes(text if isinstance(text, bytes) else b"") and b"LIMIT" in text:
            lines = ask(self.connection.cursor(), b"EXPLAIN " + text, *values, **options).fetchall()
            SEEN.append(" ".join(line for (line,) in lines))
        return ask(self, text, *values, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", execute)


def test_making_a_catalog_twice_is_harmless(url: str, catalog: PostgresCatalog) -> None:
    catalog.upsert(products(3), clustered(3))
    create_postgres(url, "m", SIZE)
    assert (catalog.model, catalog.dimensions, catalog.counts()) == ("m", SIZE, {"Shoes": 3})


def test_a_catalog_of_another_model_is_not_written_to(url: str) -> None:
    with pytest.raises(FingerprintError, match="the model m with vectors of 9 numbers; expected other with 9"):
        create_postgres(url, "other", SIZE)
    with pytest.raises(FingerprintError, match="expected m with 10"):
        create_postgres(url, "m", SIZE + 1)


@pytest.mark.parametrize("size", [0, 4001])
def test_vectors_that_cannot_be_indexed_are_refused(postgres_url: str, size: int) -> None:
    with pytest.raises(CatalogError, match=f"got vectors of {size} numbers"):
        create_postgres(postgres_url, "m", size)


def test_a_database_without_a_catalog_is_told(postgres_url: str) -> None:
    with pytest.raises(CatalogError, match="postgres holds no catalog; make one there first"):
        PostgresCatalog(postgres_url)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:sec/ret@127.0.0.1:1/shop",
        "postgresql://u:sec@ret@127.0.0.1:1/shop",
        "postgresql://u:sec%ret@127.0.0.1:1/shop",
        "postgresql://u:secret@127.0.0.1:ret/shop",
        "postgresql://u:secret@127.0.0.1:1/shop?no_such_option=secret",
        "host=127.0.0.1 port=1 password=secret",
        "mysql://u:secret@127.0.0.1:1/shop",
        "",
    ],
)
def test_an_address_that_cannot_be_read_shows_no_password(address: str) -> None:
    with pytest.raises(CatalogError, match=r"cannot be read; expected postgresql://user:password@host") as caught:
        PostgresCatalog(address)
    assert not {"sec", "ret", "shop"} & set(str(caught.value).replace("/", " ").split())
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(CatalogError, match=r"127\.0\.0\.1:1/shop cannot be reached .*refused") as caught:
        PostgresCatalog("postgresql://u:secret@127.0.0.1:1/shop")
    assert "secret" not in str(caught.value)


def test_a_wrong_database_is_told(postgres_server: str) -> None:
    with pytest.raises(CatalogError, match=r'cannot be reached .*"nowhere" does not exist'):
        PostgresCatalog(postgres_server.replace("/postgres?", "/nowhere?"))


def test_an_address_keeps_its_other_options() -> None:
    address = read_address("postgresql://u:secret@db/shop?sslmode=prefer&ef_search=80&application_name=x")
    assert (address.place, address.ef_search) == ("db:5432/shop", 80)
    assert address.parameters["sslmode"] == "prefer"
    assert "secret" not in repr(address)
    assert read_address("postgres://db/shop").ef_search is None


@pytest.mark.parametrize("value", ["0", "1001", "", "-1", "1e2", "40&ef_search=50"])
def test_a_wrong_ef_search_is_refused(value: str) -> None:
    with pytest.raises(CatalogError, match="expected one number from 1 to 1000"):
        read_address(f"postgresql://db/shop?ef_search={value}")


def test_without_the_extra_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"a catalog on PostgreSQL needs .*scenefit\[postgres\]"):
        PostgresCatalog("postgresql://db/shop")


def test_the_modules_import_without_the_extra() -> None:
    program = (
        "import sys; sys.modules['psycopg'] = sys.modules['pgvector'] = None; import scenefit.catalog.postgres.catalog"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_lost_connection_is_told_and_made_anew(catalog: PostgresCatalog, admin: Any) -> None:
    catalog.upsert(products(3), clustered(3))
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'postgres'"
    )
    admin.execute(kill)
    with pytest.raises(CatalogError, match=r"the connection to the catalog at .*:5432/postgres was lost .*try again"):
        catalog.upsert([Product("new", "Shoes")], clustered(1))
    assert catalog.counts() == {"Shoes": 3}


def test_a_change_cut_off_in_its_middle_leaves_nothing(catalog: PostgresCatalog, admin: Any) -> None:
    catalog.upsert(products(3), clustered(3))
    admin.execute("BEGIN")
    admin.execute("LOCK TABLE scenefit_products IN SHARE MODE")  # the upsert waits behind its first steps
    told: list[Exception] = []

    def change() -> None:
        try:
            catalog.upsert([Product("new", "Hats", attributes={"size": 3})], clustered(1))
        except CatalogError as error:
            told.append(error)

    thread = threading.Thread(target=change)
    thread.start()
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while thread.is_alive() and not admin.execute(kill).fetchall():
        time.sleep(0.01)
    thread.join()
    admin.execute("COMMIT")
    assert "was lost" in str(told[0])
    assert (catalog.counts(), catalog.columns()) == ({"Shoes": 3}, FIXED)


def test_a_closed_catalog_stays_closed(catalog: PostgresCatalog) -> None:
    catalog.close()
    with pytest.raises(CatalogError, match="was closed; open it again"):
        catalog.counts()


def test_one_who_may_only_read_reads(catalog: PostgresCatalog, url: str, admin: Any) -> None:
    catalog.upsert(products(30), clustered(30))
    schema = admin.execute("SELECT current_schema()").fetchone()[0]
    admin.execute(f"CREATE ROLE reader_{schema} LOGIN; GRANT USAGE ON SCHEMA {schema} TO reader_{schema}")
    admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader_{schema}")
    address = url.replace("postgres:@", f"reader_{schema}:@")
    reader = PostgresCatalog(address)
    query = Query("Shoes", clustered(1)[0])
    assert reader.search(query).products == catalog.search(query).products
    for change in (lambda: reader.delete(["Shoes1"]), lambda: reader.upsert(products(1), clustered(1))):
        with pytest.raises(CatalogError, match=r"permission denied for table .*GRANT this user the right"):
            change()
    reader.close()
    with pytest.raises(CatalogError, match="GRANT"):
        PostgresCatalog(f"{address}&ef_search=40")
    PostgresCatalog(f"{url}&ef_search=40").close()
    near = PostgresCatalog(f"{address}&ef_search=40")
    assert near.search(query).products == catalog.search(query).products
    near.close()


def test_a_database_without_pgvector_is_told(postgres_server: str) -> None:
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bare")
        connection.execute("CREATE ROLE guest LOGIN")
    address = postgres_server.replace("/postgres?", "/bare?").replace("postgres:@", "guest:@")
    with pytest.raises(
        CatalogError, match=r"bare has no pgvector, and it could not be added .*CREATE EXTENSION vector"
    ):
        create_postgres(address, "m", SIZE)


def test_a_database_that_cannot_hold_every_text_is_refused(postgres_server: str) -> None:
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(CatalogError, match="latin has the encoding LATIN1; expected UTF8"):
        create_postgres(postgres_server.replace("/postgres?", "/latin?"), "m", SIZE)


def test_a_catalog_whose_model_changed_is_not_written_to(catalog: PostgresCatalog, admin: Any) -> None:
    admin.execute("UPDATE scenefit_catalog SET model = 'other'")
    with pytest.raises(CatalogError, match="now holds vectors of the model other; open it again"):
        catalog.upsert(products(1), clustered(1))
    admin.execute("UPDATE scenefit_catalog SET format = '9'")
    with pytest.raises(CatalogError, match="a format that this version does not read"):
        catalog.delete(["a"])


def test_writers_wait_for_each_other(url: str) -> None:
    catalogs = [PostgresCatalog(url) for _ in range(3)]
    batch, errors = products(40) + products(40, "Bags"), []

    def write(number: int) -> None:
        try:
            for _ in range(3):
                catalogs[number].upsert(batch[:: -1 if number % 2 else 1], clustered(80, number))
                catalogs[number].delete([product.id for product in batch[number::3]])
        except CatalogError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for catalog in catalogs:
        catalog.close()


def test_the_index_finds_nearly_all_and_filters_still_give_k(
    url: str, catalog: PostgresCatalog, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.upsert(products(3000), clustered(3000))
    admin.execute("ANALYZE scenefit_products")
    SEEN.clear()
    near = PostgresCatalog(f"{url}&ef_search=100")
    note_plans(monkeypatch)
    found = 0
    for number, vector in enumerate(clustered(20, seed=1)):
        query = Query("Shoes", vector, 10, exclude=[f"Shoes{number}"])
        near_ids = {product.id for product in near.search(query).products}
        found += len(near_ids & {product.id for product in catalog.search(query).products})
    assert found >= 150
    assert sum("Index Scan using scenefit_hnsw_" in text for text in SEEN) == 20
    assert len(SEEN) == 40
    where = parse_filter("price < 30", FIXED)
    hits = near.search(Query("Shoes", vector, 20, where))
    exact = catalog.search(Query("Shoes", vector, 20, where))
    assert hits.products == exact.products
    assert len(near.search(Query("Shoes", vector, 20, parse_filter("price < 300", FIXED))).products) == 20
    near.close()


def test_each_category_that_comes_gets_an_index(url: str, admin: Any) -> None:
    near = PostgresCatalog(f"{url}&ef_search=40")
    hostile = 'Men\'s "shoes"; DROP TABLE scenefit_products -- %s \\ 靴'
    near.upsert([*products(30), *(Product(f"h{i}", hostile) for i in range(30))], clustered(60))
    near.upsert(products(20, "Bags"), clustered(20))
    names = admin.execute("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'scenefit_hnsw_%'").fetchall()
    here = [text for (text,) in names if f"{admin.execute('SELECT current_schema()').fetchone()[0]}." in text]
    assert len(here) == 3
    assert len(near.search(Query(hostile, clustered(1)[0], 100)).products) == 30
    near.close()
