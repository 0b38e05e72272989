"""A few drawn looks as Shop-the-Look records, and a small untrained backbone: the path without a download.

The rule under the looks: trousers have the hue opposite to the top's, shoes a third of the circle away. Compatible is
not similar, so raw features must not find it.
"""

from __future__ import annotations

import colorsys
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 180, 270
SHIFT = {"Pants": 1 / 2, "Shoes": 1 / 3}
BOXES = {"Pants": (55, 140, 125, 232), "Shoes": (50, 232, 130, 256)}
Colour = tuple[int, int, int]


def signature(name: str) -> str:
    """Name a picture as the records do: 32 hex digits."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def colour(hue: float, value: float = 0.8) -> Colour:
    """Give an RGB colour of a hue in turns."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, 0.75, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def draw_scene(hue: float, pants: Colour, shoes: Colour, rng: np.random.Generator) -> Image.Image:
    """Draw a figure in a top of the hue, trousers and shoes before a grey wall."""
    wall = int(rng.integers(150, 230))
    image = Image.new("RGB", (WIDTH, HEIGHT), (wall, wall, wall))
    draw = ImageDraw.Draw(image)
    tone = int(rng.integers(90, 230))
    draw.ellipse((72, 12, 108, 56), fill=(tone, int(tone * 0.8), int(tone * 0.68)))
    draw.rounded_rectangle((50, 58, 130, 142), 14, fill=colour(hue))
    left, top, right, bottom = BOXES["Pants"]
    draw.polygon(
        [(left, top), (right, top), (right, bottom), (98, bottom), (90, 170), (82, bottom), (left, bottom)], pants
    )
    left, top, right, bottom = BOXES["Shoes"]
    draw.rounded_rectangle((left, top, 86, bottom), 8, fill=shoes)
    draw.rounded_rectangle((94, top, right, bottom), 8, fill=shoes)
    return image


def draw_product(category: str, fill: Colour) -> Image.Image:
    """Draw a product alone on white."""
    image = Image.new("RGB", (160, 160), "white")
    draw = ImageDraw.Draw(image)
    if category == "Pants":
        draw.polygon([(50, 15), (110, 15), (122, 148), (90, 148), (80, 60), (70, 148), (38, 148)], fill)
    else:
        draw.polygon([(20, 60), (60, 60), (90, 92), (140, 100), (140, 124), (20, 124)], fill)
    return image


def write_looks(folder: Path, scenes: int = 120, products: int = 24, seed: int = 0) -> None:
    """Write `records.json`, `categories.json` and `images/` of drawn looks into a folder."""
    rng = np.random.default_rng(seed)
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    categories, records, fills = {}, [], {}
    for category in SHIFT:
        for i in range(products):
            name = signature(f"{category} {i}")
            fills[category, i] = colour((i + rng.uniform(-0.3, 0.3)) / products, rng.uniform(0.6, 0.9))
            categories[name] = f"Apparel & Accessories|{category}"
            draw_product(category, fills[category, i]).save(images / f"{name}.jpg", quality=90)
    for i in range(scenes):
        hue, name = rng.uniform(), signature(f"scene {i}")
        worn = {c: round((hue + shift) * products + rng.normal(0, 0.5)) % products for c, shift in SHIFT.items()}
        picture = draw_scene(hue, fills["Pants", worn["Pants"]], fills["Shoes", worn["Shoes"]], rng)
        picture.save(images / f"{name}.jpg", quality=90)
        records += [_record(name, category, number) for category, number in worn.items()]
    (folder / "records.json").write_text("".join(json.dumps(record) + "\n" for record in records))
    (folder / "categories.json").write_text(json.dumps(categories))


def box_of(category: str) -> list[float]:
    """Give the box of a worn product: left, top, right, bottom in [0, 1]."""
    left, top, right, bottom = BOXES[category]
    return [left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT]


def _record(scene: str, category: str, number: int) -> dict[str, Any]:
    return {"product": signature(f"{category} {number}"), "scene": scene, "bbox": box_of(category)}


def write_backbone(folder: Path, seed: int = 0) -> None:
    """Write a small ResNet with random weights in the format of Transformers."""
    import torch
    from transformers import ResNetConfig, ResNetModel

    torch.manual_seed(seed)
    config = ResNetConfig(embedding_size=16, hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1], layer_type="basic")
    ResNetModel(config).eval().save_pretrained(folder)
    processor = {"size": {"height": 224, "width": 224}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps({**processor, "resample": 2}))
