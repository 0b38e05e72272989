"""The command line. Exit codes: 0 done, 2 the user's mistake with one line on stderr, 1 a defect."""

from __future__ import annotations

import errno
import sys
import traceback

import click
import typer

from scenefit import __version__
from scenefit.cli import bench, catalog, data, evaluate, features, recommend, train
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
app.add_typer(data.app, name="data")
app.command("features")(features.features)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(catalog.app, name="catalog")
app.command("recommend")(recommend.recommend)
app.add_typer(bench.app, name="bench")

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@app.callback(invoke_without_command=True)
def version(show: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    """Rank the products that go with a photo of an outfit or a room."""
    if show:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run())


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; give the exit code."""
    try:
        return int(app(arguments, standalone_mode=False) or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as help_:
        note(help_.format_message())
        return 2
    except (click.ClickException, ScenefitError) as error:
        text = error.format_message() if isinstance(error, click.ClickException) else str(error)
        return _mistake(text)
    except (KeyboardInterrupt, click.Abort):
        note("stopped; the same command goes on where it stood")
        return 130
    except OSError as error:
        if error.errno in NO_SPACE or isinstance(error, PermissionError):
            return _mistake(f"{error.strerror}: {error.filename or 'while writing'}; nothing was left half-written")
        return _defect()
    except Exception:  # noqa: BLE001  the last stop
        return _defect()


def _mistake(text: str) -> int:
    note("error: " + " ".join(text.split()))
    return 2


def _defect() -> int:
    traceback.print_exc()
    note("this is a defect of scenefit; please report it with the lines above")
    return 1
