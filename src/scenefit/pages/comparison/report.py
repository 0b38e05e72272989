"""The report of a comparison: one HTML document without outside resources, for a screen, a phone and paper."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from importlib.resources import files
from string import Template

from scenefit.compare.table import MATRICES, mistakes_of
from scenefit.pages import plots
from scenefit.pages.comparison import notes
from scenefit.pages.comparison.attention import attention_table, attention_words, studied
from scenefit.pages.comparison.data import categories_table, leaks, splits_table
from scenefit.pages.comparison.failures import failures_table
from scenefit.pages.comparison.figures import category_figure, seen_figure, top_k_figures
from scenefit.pages.comparison.grids import grids, rule_of_choice, rule_words
from scenefit.pages.comparison.markup import described, note
from scenefit.pages.comparison.mistakes import mistakes_table
from scenefit.pages.comparison.parts import CEILING, Compared
from scenefit.pages.comparison.protocol import facts, protocol
from scenefit.pages.comparison.tables import differences_table, methods_table, trainings_table
from scenefit.pages.comparison.views import views
from scenefit.pages.comparison.words import abstract, headline
from scenefit.types import Progress, silent

REPORT_FILE = "report.html"
Section = tuple[str, str, str]
"""The id, the heading and the content of a section; without content it is left out."""


def comparison_report(compared: Compared, progress: Progress = silent) -> str:
    """Write the report; where matplotlib (the extra `plots`) is missing, with a word in place of the plots.

    Args:
        compared: what to tell of.
        progress: told of the pictures read.

    Returns:
        an HTML document.

    """
    template = Template(files("scenefit.pages.comparison").joinpath("report.html").read_text("utf-8"))
    sections = [section for section in _sections(compared, progress) if section[2]]
    return template.substitute(
        name=escape(str(compared.result["dataset"]["name"])),
        headline=headline(compared),
        abstract="".join(f"<p>{sentence}</p>" for sentence in abstract(compared)),
        strip="".join(f"<div><b>{value}</b>{what}</div>" for value, what in _strip(compared)),
        contents="".join(f'<li><a href="#{id_}">{title}</a></li>' for id_, title, _ in sections),
        sections="\n".join(f'<section id="{id_}"><h2>{title}</h2>{text}</section>' for id_, title, text in sections),
        version=escape(str(compared.result["scenefit"])),
    )


def _strip(compared: Compared) -> list[tuple[str, str]]:
    """Give the counts under the headline."""
    result, told = compared.result, compared.result["protocol"]
    pairs = next((ranked["n"] for ranked in compared.ranked.values()), 0)
    how = (str(told["folds"]), "folds over scenes") if told["folds"] else (escape(told["split"]), "split ranked")
    counts = {"pairs ranked": pairs, "scenes": result["dataset"]["scenes"], "products": result["dataset"]["products"]}
    counts |= {"methods": len(compared.ranked), "seeds": len(told["seeds"])}
    return [*((f"{count:,}", what) for what, count in counts.items()), how]


def _sections(compared: Compared, progress: Progress) -> list[Section]:
    return [
        ("methods", "Methods", _methods(compared)),
        ("differences", "Paired differences", _differences(compared)),
        ("top-k", "The first K", _plots(compared, top_k_figures)),
        ("parts", "Categories; seen and unseen products", _plots(compared, category_figure, seen_figure)),
        ("errors", "Published errors", _mistakes(compared)),
        ("rankings", "Rankings, and where it fails", _rankings(compared)),
        ("attention", "Where it looks", _attention(compared, progress)),
        ("trainings", "Trainings and seeds", _trainings(compared)),
        ("data", "The data, and its leaks", _data(compared)),
        ("protocol", "How it was done, and how to do it again", _protocol(compared)),
    ]


def _methods(compared: Compared) -> str:
    ceiling = notes.CEILING_NOTE if CEILING in compared.ranked else ""
    return f"{methods_table(compared)}{note(notes.METHODS + ceiling)}" if compared.ranked else ""


def _differences(compared: Compared) -> str:
    if len(compared.ranked) < 2:
        return ""
    drawn = (
        f"<div><h3>{what[0].upper()}{what[1:]}</h3>{differences_table(compared, metric)}</div>"
        for metric, what in MATRICES.items()
    )
    return f'<p>{notes.DIFFERENCES}</p><div class="matrices">{"".join(drawn)}</div>'


def _plots(compared: Compared, *draw: Callable[[Compared], str]) -> str:
    if not compared.ranked:
        return ""
    if lacking := plots.missing():
        return f'<p class="lacking">{escape(lacking)}. {notes.LACKING}</p>'
    return f'<div class="figures">{"".join(each(compared) for each in draw)}</div>'


def _mistakes(compared: Compared) -> str:
    if not mistakes_of(compared.result):
        return ""
    return f"<p>{notes.ERRORS}</p>{mistakes_table(compared)}{note(notes.ERRORS_NOTE)}"


def _rankings(compared: Compared) -> str:
    shown = compared.shown
    if shown is None:
        return ""
    words = f"By <b>{shown.name}</b>, seed {shown.seed}. {rule_of_choice(shown)}{rule_words(compared, shown)}"
    failures = f"<h3>Where it fails</h3>{failures_table(compared, shown.name)}{note(notes.FAILURES)}"
    return f"<p>{words}</p>{grids(compared, shown)}{failures}"


def _attention(compared: Compared, progress: Progress) -> str:
    shown, grid = compared.shown, compared.features.grid
    study = studied(compared, shown, progress) if shown else None
    if shown is None or study is None:
        return ""
    counted = f"{study['pairs']:,} pairs of {study['scenes']:,} scenes. {notes.ATTENTION}"
    drawn = f"{views(compared, shown)}{note(notes.VIEWS)}"
    return f"<p>{attention_words(study, shown, grid)}</p>{drawn}{attention_table(study, grid)}{note(counted)}"


def _trainings(compared: Compared) -> str:
    written = trainings_table(compared)
    return written and f"{written}{note(notes.TRAININGS)}"


def _data(compared: Compared) -> str:
    left = f"{splits_table(compared)}{described(leaks(compared), 'facts')}"
    return f'<div class="columns"><div>{left}</div><div>{categories_table(compared)}</div></div>'


def _protocol(compared: Compared) -> str:
    return "".join(f"<p>{sentence}</p>" for sentence in protocol(compared)) + described(facts(compared))
