"""How a comparison was done, and how to do it again, in its report."""

from __future__ import annotations

from html import escape

from scenefit.evaluation.bootstrap import DRAWS
from scenefit.pages.comparison.parts import Compared


def protocol(compared: Compared) -> list[str]:
    """Say how every method was trained and measured; sentences of HTML."""
    told = compared.result["protocol"]
    seeds, folds = len(told["seeds"]), told["folds"]
    parts = (
        f"{folds} parts over scenes, each tested once" if folds else f"the dataset's own splits, {told['split']} ranked"
    )
    stop = " and early stopping saw the same pairs" if not folds and told["split"] == "val" else ""
    return [
        f"<b>Same pairs.</b> All rank the same pairs: {escape(parts)}{stop}. Splits go by scene, not by pair.",
        "<b>Task.</b> The scene, its product removed by keeping the largest strip beside the product's box, ranks "
        "every product of the dataset in the true product's category, except the scene's other known products.",
        "<b>Training.</b> All learn on the same training pairs, with the same frozen features, and stop early on the "
        "same validation pairs. Their settings are fixed; none was searched for here.",
        f"<b>Figures.</b> Means over {seeds} seed{'s' if seeds > 1 else ''}; 95&nbsp;% intervals by the bootstrap over "
        f"scenes, {DRAWS:,} draws, the same for every method, so that differences are paired. They hold the chance of "
        "the scenes, not that of the seeds: their spread stands apart. Ties count in expectation.",
        "<b>Many comparisons.</b> No correction is made: of twenty differences that are none, one would look sure.",
    ]


def facts(compared: Compared) -> list[tuple[str, str]]:
    """Give what identifies the comparison: (what, value), as HTML."""
    result = compared.result
    dataset, backbone = result["dataset"], result["backbone"]
    about = compared.dataset.about
    source = [escape(str(about[key])) for key in ("source", "licence") if about.get(key)]
    return [
        ("dataset", f"{escape(str(dataset['name']))}<small><code>{escape(dataset['fingerprint'])}</code></small>"),
        ("from", "<br>".join(source) or "-"),
        ("backbone", f"{escape(str(backbone['name']))}<small><code>{escape(backbone['fingerprint'])}</code></small>"),
        ("regions", f"{backbone['grid']} x {backbone['grid']}"),
        ("seeds", ", ".join(str(seed) for seed in result["protocol"]["seeds"])),
        (
            "split seed",
            escape(str(about.get("splits", {}).get("seed", "-"))) if not result["protocol"]["folds"] else "0",
        ),
        ("scenefit", escape(str(result["scenefit"]))),
        ("again", f"<code>{escape(compared.command)}</code>"),
    ]
