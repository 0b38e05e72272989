"""The methods by name, in the order of the tables (torch)."""

from __future__ import annotations

from collections.abc import Sequence

from scenefit.compare import blog, bpr_dae, closed, ctl, default, ibr, mistakes, siamese, untrained
from scenefit.compare.task import Method
from scenefit.errors import UsageError

VIEWS, TWICE, UNCROPPED = frozenset({"views"}), frozenset({"twice"}), frozenset({"uncropped"})
TRUTH, SPLIT, ITEMS = frozenset({"truth"}), frozenset({"split"}), frozenset({"items"})

FIELD = (
    Method("random", "chance, exactly", untrained.baseline("random"), searchable=False),
    Method("popularity", "number of training pairs", untrained.baseline("popularity"), searchable=False),
    Method("raw", "distance of pooled backbone features", untrained.baseline("raw features")),
    Method("oracle", "the rule that made the looks", untrained.fit_oracle, False, TRUTH),
    Method("ibr", "low-rank Mahalanobis distance (McAuley et al. 2015)", ibr.fit_ibr),
    Method("siamese", "one embedding, contrastive loss (Veit et al. 2015)", siamese.fit_siamese),
    Method("bpr-dae", "two autoencoders, BPR (Song et al. 2017)", bpr_dae.fit_bpr_dae),
    Method("ctl-global", "CTL, global part alone", ctl.fit_global),
    Method("ctl-local", "CTL, local part alone", ctl.fit_local),
    Method("ctl-no-category", "CTL, attention without the category", ctl.fit_no_category),
    Method("ctl-paper", "Complete the Look (Kang et al. 2019)", ctl.fit_ctl),
    Method("closed-form", "regularised CCA with smoothed targets, in seconds", closed.fit_closed, needs=ITEMS),
    Method("default-networks", "recipe default, the networks alone", default.fit_recipe, needs=ITEMS, of="default"),
    Method("default-content", "recipe default without memory and prior", default.fit_recipe, needs=ITEMS, of="default"),
    Method(
        "default-novel", "recipe default without the prior (--novelty 1)", default.fit_recipe, needs=ITEMS, of="default"
    ),
    Method("default", "recipe default: closed form, contrast, memory, prior", default.fit_recipe, needs=ITEMS),
    Method("blog", "re-implementation as published", blog.fit_published, False, VIEWS | UNCROPPED),
    Method("blog-corrected", "the same, sign and scene put right", blog.fit_corrected, False, VIEWS),
)
MISTAKES = (
    Method("error-1", "softmax over +distance", mistakes.fit_plus_distance),
    Method("error-2", "positive product as attention key", mistakes.fit_positive_key, False),
    Method("error-3", "product left in the scene", mistakes.fit_product_left, needs=UNCROPPED),
    Method("error-4", "softmax over the batch axis", mistakes.fit_batch_softmax),
    Method("error-5", "splits by pair", mistakes.fit_pair_split, needs=SPLIT),
    Method("error-6", "other positives as negatives", mistakes.fit_other_positives),
    Method("error-7", "negatives from other categories", mistakes.fit_other_categories),
    Method("error-8", "inputs normalised twice", mistakes.fit_twice_normalised, needs=TWICE),
    Method("error-9", "triplet loss turned around", mistakes.fit_turned_loss),
)
METHODS = {method.name: method for method in (*FIELD, *MISTAKES)}
GROUPS = {"field": [m.name for m in FIELD], "errors": [m.name for m in MISTAKES], "all": list(METHODS)}


def choose(names: Sequence[str]) -> list[Method]:
    """Give methods by their names or by a group's: field, errors, all; each once, in the order of the tables.

    Raises:
        UsageError: a name is unknown.

    >>> [method.name for method in choose(["raw", "random"])]
    ['random', 'raw']
    """
    unknown = [name for name in names if name not in METHODS and name not in GROUPS]
    if unknown or not names:
        raise UsageError(f"got the methods {unknown}; expected some of {[*GROUPS, *METHODS]}")
    wanted = {method for name in names for method in GROUPS.get(name, [name])}
    return [method for name, method in METHODS.items() if name in wanted]
