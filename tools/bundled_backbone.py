"""Pretrain the bundled backbone on generated looks, from nothing: what is worn where, and in which style.

A small network of 112 pixels. On catalog photos it learns to tell category and style from the pooled vector, on scenes,
whole or with an item removed, from each cell of its 7x7 map which items lie there and in which style.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from scenefit import artifacts
from scenefit.data.lookbook.domains import DOMAINS
from scenefit.data.lookbook.looks import catalog_photo, draw_look, draw_products, stream
from scenefit.data.lookbook.style import Style
from scenefit.data.removal import remove_products
from scenefit.evaluation.attention import coverage
from scenefit.features.backbone import GRAPH, MANIFEST
from scenefit.features.export import export_onnx
from scenefit.features.preprocessing import Preprocessing
from scenefit.types import WHOLE, Box

SIDE, GRID, BATCH = 112, 7, 64
CATEGORIES = [category for domain in DOMAINS.values() for category in domain.order]
STYLE = 6
PREPROCESSING = Preprocessing(SIDE, SIDE, 2, (1 / 127.5,) * 3, (-1.0,) * 3)


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Build a 3x3 convolution with BatchNorm and ReLU."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class Residual(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Give (B, C, H, W) for (B, C, H, W)."""
        return functional.relu(x + self.second(self.first(x)))


class SmallBackbone(nn.Module):
    """Pixels (B, 112, 112, 3) uint8 -> pooled (B, 384) and regions (B, 49, 128)."""

    def __init__(self) -> None:
        super().__init__()
        self.map = nn.Sequential(
            convolution(3, 24, 2),
            convolution(24, 48, 2),
            convolution(48, 64, 2),
            Residual(64),
            convolution(64, 128, 2),
            Residual(128),
        )
        self.top = nn.Sequential(nn.Conv2d(128, 192, 1), nn.ReLU())

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Give the pooled vector and the map's cells, rows from the top."""
        map_ = self.map((pixels.float() / 127.5 - 1).permute(0, 3, 1, 2))
        top = self.top(map_)
        return torch.cat([top.mean((2, 3)), top.amax((2, 3))], dim=1), map_.flatten(2).transpose(1, 2)


@dataclass(frozen=True)
class Photos:
    """Catalog photos (N, 112, 112, 3), the row of their category (N,), their style (N, 6)."""

    pixels: Tensor
    category: Tensor
    style: Tensor


@dataclass(frozen=True)
class Scenes:
    """Scenes (N, 112, 112, 3), how much of each cell each category covers (N, K, 49), and its style (N, K, 6)."""

    pixels: Tensor
    covered: Tensor
    style: Tensor


def style_vector(style: Style) -> list[float]:
    """Give a style as six numbers in [-1, 1]: the hue on the unit circle, then pattern, formality, season, shade."""
    turn = 2 * np.pi * style.hue
    return [np.cos(turn), np.sin(turn), style.pattern > 0, style.formality, style.winter, style.shade / 2]


def draw(scenes: int, products: int, seed: int) -> tuple[Photos, Scenes]:
    """Draw what to learn from: `scenes` of each domain, each whole and with one item removed."""
    photos: list[tuple[np.ndarray, int, list[float]]] = []
    views: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for domain in DOMAINS.values():
        catalog, rng = draw_products(domain, products, seed), stream(seed, "pretraining", domain.name)
        for product in (product for category in domain.order for product in catalog[category]):
            pixels = _pixels(catalog_photo(domain, product, rng))
            photos.append((pixels, CATEGORIES.index(product.category), style_vector(product.style)))
        for _ in range(scenes):
            worn = draw_look(domain, catalog, rng)
            styles = {category: product.style for category, product in worn.items()}
            picture, boxes = domain.paint(rng, styles)
            removed = boxes[str(rng.choice(list(boxes)))]
            for view in _views(removed):
                views.append((_pixels(_cut(picture, view)), *_targets(boxes, styles, view)))
    first, second = (tuple(map(np.stack, zip(*rows, strict=True))) for rows in (photos, views))
    return Photos(*_tensors(first)), Scenes(*_tensors(second))


def _tensors(arrays: tuple[np.ndarray, ...]) -> Iterator[Tensor]:
    for array in arrays:
        yield torch.from_numpy(array.astype(np.float32) if array.dtype == np.float64 else array)


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0))


def _cut(picture: Image.Image, view: Box) -> Image.Image:
    left, top, right, bottom = (round(s * n) for s, n in zip(view, picture.size * 2, strict=True))
    return picture.crop((left, top, max(left + 1, right), max(top + 1, bottom)))


def _views(removed: Box) -> Iterator[Box]:
    yield WHOLE
    strips, kept = remove_products(np.array([list(removed)]))
    if kept[0]:
        yield Box(*strips[0].tolist())


def _targets(boxes: dict[str, Box], styles: dict[str, Style], view: Box) -> tuple[np.ndarray, np.ndarray]:
    covered = np.zeros((len(CATEGORIES), GRID * GRID), np.float32)
    style = np.zeros((len(CATEGORIES), STYLE), np.float32)
    for category, box in boxes.items():
        row = CATEGORIES.index(category)
        covered[row], style[row] = coverage(box, view, GRID).ravel(), style_vector(styles[category])
    return covered, style


class Pretraining(nn.Module):
    """The backbone with the linear readouts that teach it."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = SmallBackbone()
        self.product = nn.Linear(384, len(CATEGORIES) + STYLE)
        self.cell = nn.Linear(128, len(CATEGORIES) * (1 + STYLE))

    def loss(self, photos: Photos, p: Tensor, scenes: Scenes, s: Tensor) -> Tensor:
        """Compute the loss of photos (rows p) and scenes (rows s)."""
        pooled, regions = self.backbone(torch.cat([photos.pixels[p], scenes.pixels[s]]))
        read = self.product(pooled[: len(p)])
        told = functional.cross_entropy(read[:, : len(CATEGORIES)], photos.category[p])
        styled = functional.mse_loss(read[:, len(CATEGORIES) :], photos.style[p])
        cells = self.cell(regions[len(p) :]).unflatten(2, (len(CATEGORIES), 1 + STYLE))  # (B, 49, K, 7)
        covered = scenes.covered[s].transpose(1, 2)  # (B, 49, K)
        there = functional.binary_cross_entropy_with_logits(cells[..., 0], covered)
        weight = covered * (covered > 0.25)
        error = ((cells[..., 1:] - scenes.style[s][:, None]) ** 2).mean(-1)
        return told + 4 * styled + 4 * there + 4 * (error * weight).sum() / weight.sum()


def pretrain(scenes: int, products: int, epochs: int, seed: int, tell: Callable[[str], None]) -> SmallBackbone:
    """Pretrain from nothing; the same seed gives the same weights on one machine."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    photos, views = draw(scenes, products, seed)
    tell(f"drew {len(photos.pixels)} catalog photos and {len(views.pixels)} scenes")
    model = Pretraining()
    adam = torch.optim.AdamW(model.parameters(), weight_decay=1e-3)
    steps = min(len(photos.pixels), len(views.pixels)) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, 2e-3, total_steps=steps * epochs, pct_start=0.05)
    for epoch in range(1, epochs + 1):
        total = 0.0
        order = [torch.from_numpy(rng.permutation(len(x.pixels))) for x in (photos, views)]
        for i in range(steps):
            p, s = (rows[i * BATCH : (i + 1) * BATCH] for rows in order)
            adam.zero_grad()
            loss = model.loss(photos, p, views, s)
            loss.backward()
            adam.step()
            schedule.step()
            total += float(loss.detach())
        tell(f"epoch {epoch} of {epochs}: loss {total / steps:.3f}")
    return model.backbone.eval()


def write_backbone(backbone: SmallBackbone, folder: Path) -> None:
    """Write the backbone as ONNX with its manifest; its fingerprint is that of its weights."""
    export_onnx(
        backbone, {"pixels": torch.zeros(2, SIDE, SIDE, 3, dtype=torch.uint8)}, ["pooled", "regions"], folder / GRAPH
    )
    about = {"name": "bundled", "preprocessing": asdict(PREPROCESSING), "grid": GRID, "precision": "fp32"}
    mark = artifacts.fingerprint([artifacts.file_sha256(folder / GRAPH), about])
    artifacts.seal(folder, MANIFEST, "backbone", [GRAPH], {"backbone": mark}, about)
