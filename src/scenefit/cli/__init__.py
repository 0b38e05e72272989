"""The command line. Exit codes: 0 done, 2 the user's mistake with one line on stderr, 1 a defect."""

from __future__ import annotations

import errno
import sys
import traceback
import warnings
from typing import Any

import typer

from scenefit import __version__
from scenefit.cli import bench, catalog, compare, data, demo, evaluate, features, recommend, rerank, score, serve, train
from scenefit.cli.output import note
from scenefit.errors import ScenefitError

app = typer.Typer(
    name="scenefit",
    help="Rank the products that go with a photo of an outfit or a room.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.add_typer(data.app, name="data")
app.command("features")(features.features)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.add_typer(catalog.app, name="catalog")
app.command("recommend")(recommend.recommend)
app.command("score")(score.score)
app.command("rerank")(rerank.rerank)
app.command("serve")(serve.serve)
app.command("serve-key")(serve.serve_key)
app.add_typer(bench.app, name="bench")

CommandError: Any = typer.BadParameter.__base__
"""The base of what typer raises for unknown options, missing arguments and the like; it has no public name."""
STOPPED = 130
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@app.callback(invoke_without_command=True)
def version(show: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    """Rank the products that go with a photo of an outfit or a room."""
    if show:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line and exit with its code; what Pillow remarks about odd metadata is not shown."""
    warnings.filterwarnings("ignore", module="PIL")
    sys.exit(run())


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; give the exit code."""
    try:
        return _told(int(app(arguments, standalone_mode=False) or 0))
    except typer.Exit as stop:
        return stop.exit_code
    except CommandError as error:
        return _command_mistake(error.format_message())
    except ScenefitError as error:
        return _mistake(str(error))
    except (KeyboardInterrupt, typer.Abort):
        return _told(STOPPED)
    except OSError as error:
        if error.errno in NO_SPACE or isinstance(error, PermissionError):
            where = error.filename2 or error.filename or "while writing"
            return _mistake(f"{error.strerror}: {where}; nothing was left half-written")
        return _defect()
    except Exception:  # noqa: BLE001  the last stop
        return _defect()


def _told(code: int) -> int:
    """Say that the command was stopped, where it was; an interrupt comes from typer as this code too."""
    if code == STOPPED:
        note("stopped; the same command goes on where it stood")
    return code


def _command_mistake(message: str) -> int:
    """Show the help that a bare group asks for as it is; anything else is one line."""
    if message.startswith("Usage:"):
        note(message)
        return 2
    return _mistake(f"{message} Try 'scenefit COMMAND --help'.")


def _mistake(text: str) -> int:
    note("error: " + " ".join(text.split()))
    return 2


def _defect() -> int:
    traceback.print_exc()
    note("this is a defect of scenefit; please report it with the lines above")
    return 1
