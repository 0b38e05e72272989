"""`scenefit serve`: the service and its page; `scenefit serve-key`: a key for it."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import typer

from scenefit.cli.output import OUT, Json, note, show_json
from scenefit.recommend.recommender import Recommender


def serve(
    catalog: str = typer.Argument(help="The catalog folder, or the URL of its server."),
    host: str | None = typer.Option(None, help="Where to listen; beyond this machine keys are needed. [127.0.0.1]"),
    port: int | None = typer.Option(None, min=0, max=65535, help="0 for a free one. [8000]"),
    model: Path | None = typer.Option(None, help="The model folder, for a catalog on a server."),
    config: Path | None = typer.Option(None, help="A TOML file of settings (docs/service.md)."),
    cors: list[str] = typer.Option([], help="An origin whose pages may ask, such as https://shop.example; several."),
    keys: Path | None = typer.Option(None, help="A file of keys, a line each as serve-key prints them."),
    examples: Path | None = typer.Option(None, help="A folder of example photos; by default the demo's."),
) -> None:
    """Serve recommendations over HTTP, with a page to try them.

    Example: scenefit serve demo/fashion/catalog
    """
    from scenefit.service.app import create_app
    from scenefit.service.examples import example_photos
    from scenefit.service.keys import read_keys
    from scenefit.service.server import bind, serve
    from scenefit.service.settings import ServiceConfig, read_settings

    given: dict[str, Any] = {"host": host, "port": port, "cors": list(cors) or None}
    values = read_settings(config) if config else {}
    values |= {name: value for name, value in given.items() if value is not None}
    settings = ServiceConfig.from_json(values, read_keys(keys) if keys else ())
    photos = example_photos(catalog, examples)
    with closing(bind(settings)) as listener:
        recommender = Recommender.open(catalog, model)
        with closing(recommender.store):
            app = create_app(recommender, settings, photos)
            name, number = listener.getsockname()[:2]
            note(f"open http://{f'[{name}]' if ':' in name else name}:{number}/ in a browser; stop with Ctrl+C")
            with suppress(KeyboardInterrupt):  # comes or not, by what the event loop was at
                serve(app, settings, listener)
            note("stopped; every request under way was answered")


def serve_key(
    name: str = typer.Option(help="Whose key it is: a short word."),
    scope: str = typer.Option("read", help="read, write or metrics."),
    as_json: bool = Json,
) -> None:
    """Make a key for the service: the key is shown once, its line goes into the file that `serve --keys` reads.

    Example: scenefit serve-key --name shop --scope read
    """
    from scenefit.service.keys import new_key

    secret, key = new_key(name, scope)
    if as_json:
        return show_json({"key": secret, "line": key.line})
    note("the key, for its holder; it is kept nowhere:")
    OUT.print(secret, markup=False, highlight=False, soft_wrap=True)
    note("the line for the file of keys:")
    OUT.print(key.line, markup=False, highlight=False, soft_wrap=True)
    return None
