"""The errors of public re-implementations, each switched on alone in the paper's model (torch).

Some spoil the model, some only the figure that its author reports. So each is measured twice: as its author would
("reported") and as everything else is here, where that can be done.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from scenefit import artifacts
from scenefit.compare.ctl import PAPER, build, hinge
from scenefit.compare.mistaken_networks import AttendsFarthest, AttendsOverBatch, PositiveAttends
from scenefit.compare.networks import NetworkScorer, fit_network, fitted, through
from scenefit.compare.task import Fitted, Task, trained_categories
from scenefit.data.dataset import Dataset
from scenefit.data.splits import assign_splits
from scenefit.data.triplets import NegativeSampler
from scenefit.evaluation.protocol import Bench
from scenefit.features.backbone import BackboneFiles
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.compatibility import distance
from scenefit.model.heads import CompleteTheLook
from scenefit.model.network import Batch
from scenefit.training.loss import triplet_loss
from scenefit.training.triplet_data import TripletData
from scenefit.types import Ints


class LabelLeak(NetworkScorer):
    """Scores every candidate with the attention of the positive, as if it were known."""

    model: PositiveAttends

    @torch.no_grad()
    def score(self, rows: Ints, products: Tensor) -> Tensor:
        """Compute the distances with the label in hand."""
        scene, regions, _ = self.data.scenes(self.scene_rows[rows], self.product[rows])
        own = self.products[torch.from_numpy(self.product[rows])][:, None]
        return distance(self.model.guided(self.model.embed(scene), regions, own), products)


class AnyCategory(TripletData):
    """Error 7: negatives from all categories."""

    def sampler(self, pool: Ints) -> NegativeSampler:
        """Draw from one category that holds everything."""
        return NegativeSampler(np.zeros_like(self.features.dataset.product_category), pool, self.positives)


@dataclass
class AnyCategoryBench(Bench):
    """Ranks each positive among the products of all categories."""

    def by_category(self) -> list[tuple[Ints, Ints]]:
        """Give the whole gallery for every pair, in parts."""
        gallery = np.flatnonzero(self.features.product_rows >= 0)
        rows = np.arange(len(self.pairs))
        return [(gallery, part) for part in np.array_split(rows, -(-len(rows) // 64))]


def fit_plus_distance(task: Task) -> Fitted:
    """Train with error 1."""
    return fitted(task, PAPER, lambda sizes: build(AttendsFarthest, sizes), hinge)


def fit_positive_key(task: Task) -> Fitted:
    """Train with error 2; its author scores all candidates with the positive's attention."""
    model, data, facts = fit_network(task, PAPER, lambda sizes: PositiveAttends(sizes, PAPER.dropout), hinge)
    pairs = task.bench.pairs
    return Fitted(NetworkScorer(model, data, pairs), (task.bench, LabelLeak(model, data, pairs)), facts=facts)


def fit_product_left(task: Task) -> Fitted:
    """Train with error 3: the product stays in the scene, in training and in its author's test."""
    config = replace(PAPER, cropped=False)
    model, data, facts = fit_network(task, config, lambda sizes: build(CompleteTheLook, sizes), hinge)
    pairs = task.bench.pairs
    reported = NetworkScorer(model, data, pairs, cropped=False)
    return Fitted(NetworkScorer(model, data, pairs), (task.bench, reported), facts=facts)


def fit_batch_softmax(task: Task) -> Fitted:
    """Train with error 4."""
    return fitted(task, PAPER, lambda sizes: build(AttendsOverBatch, sizes), hinge)


def fit_pair_split(task: Task) -> Fitted:
    """Train with error 5: a scene's pairs fall in several splits; only its author's test can be made."""
    alone = scene_for_each_pair(task.dataset)
    shares = [float((task.dataset.pairs["split"] == split).mean() * 100) for split in ("train", "val", "test")]
    names = [str(row) for row in range(len(alone.pairs["split"]))]
    splits = np.array(assign_splits(names, (shares[0], shares[1], shares[2]), 0), object)
    mixed = replace(task.dataset, pairs={**task.dataset.pairs, "split": splits})
    other = Task.of(replace(task.features, dataset=mixed), task.backbone, "test", task.seed, task.work)
    model, data, facts = fit_network(other, PAPER, lambda sizes: build(CompleteTheLook, sizes), hinge)
    return Fitted(None, (other.bench, NetworkScorer(model, data, other.bench.pairs)), facts=facts)


def fit_other_positives(task: Task) -> Fitted:
    """Train with error 6: a scene's other positives are drawn, and counted, against it."""
    other = replace(task.features, dataset=scene_for_each_pair(task.dataset))
    model, data, facts = fit_network(task, PAPER, lambda sizes: build(CompleteTheLook, sizes), hinge, features=other)
    bench = Bench.of(other, task.bench.pairs, trained_categories(task.features), True, 0)
    data = through(data, task.features)
    return Fitted(
        NetworkScorer(model, data, task.bench.pairs), (bench, NetworkScorer(model, data, bench.pairs)), facts=facts
    )


def fit_other_categories(task: Task) -> Fitted:
    """Train with error 7: its author tests among the products of all categories."""
    model, data, facts = fit_network(
        task, PAPER, lambda sizes: build(CompleteTheLook, sizes), hinge, triplets=AnyCategory
    )
    scorer = NetworkScorer(model, data, task.bench.pairs)
    bench = AnyCategoryBench(*(getattr(task.bench, field.name) for field in fields(Bench)))
    return Fitted(scorer, (bench, scorer), facts=facts)


def fit_twice_normalised(task: Task) -> Fitted:
    """Train with error 8: on features of inputs that were normalised twice."""
    assert task.twice is not None  # noqa: S101  the method says that it needs it
    features = DatasetFeatures.open(task.dataset, task.twice)
    model, data, facts = fit_network(task, PAPER, lambda sizes: build(CompleteTheLook, sizes), hinge, features=features)
    return Fitted(NetworkScorer(model, data, task.bench.pairs), facts=facts)


def fit_turned_loss(task: Task) -> Fitted:
    """Train with error 9: the loss pulls the negative near."""

    def turned(model: CompleteTheLook, batch: Batch) -> Tensor:
        query, good, bad = model.triplets(*batch[:5])
        return triplet_loss(query, bad, good, PAPER.margin)

    return fitted(task, PAPER, lambda sizes: build(CompleteTheLook, sizes), turned)


def normalised_twice(files: BackboneFiles) -> BackboneFiles:
    """Give a backbone whose pixels are divided by 255 before its own preprocessing, which does so again."""
    own = files.preprocessing
    red, green, blue = (scale / 255 for scale in own.scale)
    mark = artifacts.fingerprint([files.fingerprint, "normalised twice"])
    return replace(files, preprocessing=replace(own, scale=(red, green, blue)), fingerprint=mark)


def scene_for_each_pair(dataset: Dataset) -> Dataset:
    """Give each pair a scene of its own, so that nobody knows which belong together."""
    names = np.array([f"{scene}#{row}" for row, scene in enumerate(dataset.pairs["scene"])], object)
    scenes = {name: column[dataset.pair_scene] for name, column in dataset.scenes.items()}
    return replace(dataset, scenes={**scenes, "id": names}, pairs={**dataset.pairs, "scene": names})
