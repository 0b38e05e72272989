"""The demo's report: figures beside the known truth, and scenes with what the model recommends."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from scenefit.data.images import decode, read_bytes
from scenefit.demo.measure import DemoFigures
from scenefit.demo.run import DomainDemo, Example
from scenefit.evaluation.bootstrap import Estimate
from scenefit.pages.pictures import heat_uri, photo_uri, place_style, product_uri, shade
from scenefit.results import Recommendation

ORDER = ("oracle", "scenefit", "raw features", "popularity", "random")


def demo_report(demos: Sequence[DomainDemo], seed: int) -> str:
    """Write the report as one HTML document without outside resources."""
    template = Template(files("scenefit.pages").joinpath("demo.html").read_text("utf-8"))
    model = demos[0].examples[0].result.model[:12] if demos[0].examples else ""
    return template.substitute(seed=seed, model=escape(model), domains="\n".join(_domain(demo) for demo in demos))


def _domain(demo: DomainDemo) -> str:
    figures = demo.figures
    return f"""<h2>{escape(demo.name)}</h2>{_table(figures)}
<p>{figures.pairs} pairs of {figures.scenes} scenes, {figures.gallery} products; 95 % intervals over scenes. The model
is {_points(figures.margin)} above raw features and {_points(figures.below)} below the oracle.
{figures.attention.value:.0%} of its attention falls on the item that decides, which covers {figures.area.value:.0%} of
what it sees; pair by pair that is {figures.concentration.value:.1f} times its share.</p>
{"".join(_example(example) for example in demo.examples)}"""


def _points(difference: Estimate) -> str:
    return f"{difference.value * 100:.1f} points [{difference.low * 100:.1f}, {difference.high * 100:.1f}]"


def _table(figures: DemoFigures) -> str:
    rows = "".join(
        f"<tr{' class=own' if name == 'scenefit' else ''}><td>{name}</td><td>{figures.accuracy[name]}</td>"
        f'<td><span class="bar" style="width:{figures.accuracy[name].value * 120:.0f}px"></span></td>'
        f"<td>{figures.top_10[name]}</td></tr>"
        for name in ORDER
    )
    head = "<tr><th>method</th><th>binary accuracy</th><th></th><th>top-10</th></tr>"
    return f'<div class="table"><table>{head}{rows}</table></div>'


def _example(example: Example) -> str:
    result, (ranking,) = example.result, example.result.rankings.values()
    photo = photo_uri(decode(read_bytes(Path(result.photo))))
    name = escape(example.category)
    cards = "".join(_card(product, example) for product in ranking.products)
    return f"""<section><h3>{name} for this scene</h3><div class="row"><figure>
<div class="photo"><img class="scene" alt="A drawn scene; the {name} are taken out" src="{photo}">{shade(result.view)}
<img class="heat" alt="" style="{place_style(result.view)}" src="{heat_uri(ranking.attention)}">
<div class="region" style="{place_style(example.region)}"></div></div></figure><ol>{cards}</ol></div></section>"""


def _card(product: Recommendation, example: Example) -> str:
    goes = product.id in example.compatible
    mark = "✓ goes with it" if goes else "✗ does not"
    worn = " (worn)" if product.id == example.worn else ""
    title = escape(product.product.title or product.id)
    return (
        f'<li class="{"yes" if goes else "no"}"><img alt="{title}" src="{product_uri(product.image)}">'
        f"<b>{mark}{worn}</b><span>{title}</span></li>"
    )
