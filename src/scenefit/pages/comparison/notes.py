"""The fixed words of a comparison's report: how to read its tables and plots, what the published errors are."""

from __future__ import annotations

from scenefit.compare.table import REFERENCE

METHODS = (
    "Dot: the mean over the seeds; bar: the 95&nbsp;% interval over scenes; ticks: each seed; dotted: chance. Binary "
    "accuracy: how often the true product is nearer than another of its category. Top-10: how often it is among the "
    "first ten. MRR: the mean of 1 / rank. Seen, unseen: accuracy on products that the training saw, or did not."
)
CEILING_NOTE = " The ceiling is the rule that made the looks."
DIFFERENCES = (
    "Row minus column, in points, paired pair by pair, with 95&nbsp;% intervals. Coloured and bold: the interval "
    "leaves out zero. The most accurate method comes first."
)
LACKING = "Then give the same command again: nothing is trained anew."
ERRORS = (
    f"Errors of public re-implementations, each switched on alone in {REFERENCE}. Some spoil the model, some only the "
    "figure. So each is measured as its author would, and as every method here."
)
ERRORS_NOTE = (
    f"Binary accuracy. Hollow: as reported; full: as measured here; line: {REFERENCE} without the error. Differences "
    "in points; paired, unless on other pairs."
)
FAILURES = (
    "Among the worst tenth: how many of these pairs belong to the tenth of all pairs whose true product is beaten by "
    "most; one in ten where a group is no harder than the rest."
)
VIEWS = (
    "Each map from its least to its most. Spectral residual: what stands out of the pixels. Activation energy: what "
    "stands out of the backbone's map. r: the correlation with the attention."
)
ATTENTION = (
    "Effective cells: exp of the entropy, from 1, all on one cell, to all of them, the same everywhere. Likeness: the "
    "correlation over the cells. Attention says what weighs, not how much it changes the ranking."
)
TRAININGS = (
    "Spread: the standard deviation between seeds, in points. The epoch that was kept, of those trained, and its "
    "accuracy on the validation triplets; a range where runs differ. Seconds: the mean of the runs, each with one "
    "thread, side by side with others."
)
WHAT = {
    "error-1": "The sign of the attention is turned: the region least like the category's key weighs most.",
    "error-2": "The attention is guided by the product itself. Tested with the true product's attention for every "
    "candidate, the answer is given away.",
    "error-3": "The scene still shows the product: the model learns to find it, not what goes with it.",
    "error-4": "The softmax runs over the scenes of a batch, not over the regions of a scene: where it looks depends "
    "on what it is batched with.",
    "error-5": "Pairs of one scene fall in training and in test: what is tested has been seen.",
    "error-6": "The scene's other true products are drawn as negatives and counted against it.",
    "error-7": "Negatives come from every category: to tell a shoe from a bag passes for compatibility.",
    "error-8": "Pixels are divided by 255 before the backbone's preprocessing does so again: all is near black.",
    "error-9": "The loss pulls the negative near and pushes the true product away.",
    "blog": "A public re-implementation: errors 1 and 3 at once, and attention guided by the product, so that it can "
    "only re-rank.",
}
"""What each published error does."""
