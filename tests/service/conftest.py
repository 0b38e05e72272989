"""The service in process, on a catalog of drawn looks with its real model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from drawn_looks import signature
from service_parts import HERE, Gated, Start
from starlette.testclient import TestClient

from scenefit.recommend.recommender import Recommender
from scenefit.service.app import create_app
from scenefit.service.examples import example_photos
from scenefit.service.settings import ServiceConfig


@pytest.fixture(scope="session")
def recommender(catalog_folder: Path) -> Iterator[Recommender]:
    """On the catalog that all tests share; read it only."""
    opened = Recommender.open(catalog_folder)
    yield opened
    opened.store.close()


@pytest.fixture(scope="session")
def service(recommender: Recommender, looks: Path) -> Iterator[TestClient]:
    """The service of that catalog, with examples; read it only."""
    app = create_app(recommender, ServiceConfig(), example_photos("", looks / "images"))
    with TestClient(app, base_url=HERE) as client:
        yield client


@pytest.fixture
def own(catalog_folder: Path, tmp_path: Path) -> Path:
    """A copy of the catalog that a test may write to."""
    return Path(shutil.copytree(catalog_folder, tmp_path / "catalog"))


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the service of a catalog folder, or of a recommender, with settings of a test's own."""
    with ExitStack() as stack:

        def begin(of: Path | Recommender, **settings: Any) -> TestClient:
            recommender = of if isinstance(of, Recommender) else Recommender.open(of)
            if not isinstance(of, Recommender):
                stack.callback(recommender.store.close)
            runs = {"runs": 1} if isinstance(recommender.backbone, Gated) else {}
            app = create_app(recommender, ServiceConfig(**(runs | settings)))
            return stack.enter_context(TestClient(app, base_url=HERE, raise_server_exceptions=False))

        yield begin


@pytest.fixture
def gated(recommender: Recommender) -> Iterator[Gated]:
    """The backbone of the shared catalog, its gate closed."""
    backbone = Gated(recommender.backbone)
    yield backbone
    backbone.gate.set()


@pytest.fixture
def behind_gate(recommender: Recommender, gated: Gated) -> Recommender:
    """The shared catalog behind the gated backbone."""
    return Recommender(recommender.store, recommender.model, gated)


@pytest.fixture(scope="session")
def photo(looks: Path) -> bytes:
    return (looks / "images" / f"{signature('scene 3')}.jpg").read_bytes()


@pytest.fixture(scope="session")
def shoe(looks: Path) -> bytes:
    return (looks / "images" / f"{signature('Shoes 1')}.jpg").read_bytes()
