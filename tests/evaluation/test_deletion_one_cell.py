"""Deletion and insertion where it is known what must come out: a network, built by hand, that one cell decides.

Its region features are the mean colours of the cells; a product goes with the scene whose cell `DECIDING` has its
colour, and the model compares just these.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from scenefit import artifacts
from scenefit.data.dataset import Dataset
from scenefit.data.importers.stl import import_stl
from scenefit.data.tables import write_table
from scenefit.errors import DataError, FingerprintError, UsageError
from scenefit.evaluation.deletion import deletion, draw_pairs
from scenefit.evaluation.deletion_curves import ORDERS
from scenefit.features import backbone as backbones
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.features.export import export_onnx
from scenefit.features.preprocessing import Preprocessing
from scenefit.features.store import FeatureStore
from scenefit.model.folder import MANIFEST, Model
from scenefit.model.seen_products import PRIOR, SEEN
from scenefit.types import Ints

GRID, CELL, DECIDING = 5, 8, 7
SIDE = GRID * CELL
PRODUCTS, SCENES = 12, 24
MARK = "f" * 64
OTHERS = [order for order in ORDERS if order != "attention"]


class Colours(nn.Module):
    """Pixels (B, H, W, 3) -> mean colour (B, 3), and that of each cell (B, G * G, 3); grey is 0."""

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        x = pixels.float().permute(0, 3, 1, 2) / 255 - 0.5
        cells = nn.functional.avg_pool2d(x, CELL).flatten(2).transpose(1, 2)
        return cells.mean(dim=1), cells


class OneCell(nn.Module):
    """Pooled, regions -> a query for one category that is the colour of the deciding cell, to which it attends."""

    def __init__(self) -> None:
        super().__init__()
        self.on = nn.Parameter(torch.eye(GRID**2)[DECIDING])

    def forward(self, pooled: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        attention = (self.on + 0 * regions.sum(dim=2))[:, None]  # (B, 1, R)
        return nn.functional.normalize(attention @ regions + 0 * pooled[:, None], dim=-1, eps=1e-3), attention


class Direction(nn.Module):
    """Pooled (B, 3) -> unit vectors (B, 3)."""

    def forward(self, pooled: Tensor) -> Tensor:
        return nn.functional.normalize(pooled, dim=-1)


class Built(NamedTuple):
    """The model, its features of the looks, and the rows of all pairs."""

    model: Model
    features: DatasetFeatures
    rows: Ints


def colours() -> Any:
    """Give distinct colours, each far from grey: (PRODUCTS, 3), uint8."""
    away = np.random.default_rng(0).normal(size=(PRODUCTS, 3))
    return np.round(127.5 + 110 * away / np.linalg.norm(away, axis=1, keepdims=True)).astype(np.uint8)


def write_looks(folder: Path) -> None:
    """Write scenes of single-coloured cells over a strip with the product, as Shop-the-Look records."""
    (folder / "images").mkdir(parents=True)
    rng, palette = np.random.default_rng(1), colours()
    for product, colour in enumerate(palette):
        save(folder, f"{product:032x}", np.broadcast_to(colour, (SIDE, SIDE, 3)))
    lines = []
    for scene in range(SCENES):
        worn = scene % PRODUCTS
        cells = palette[rng.integers(PRODUCTS, size=GRID**2)]
        cells[DECIDING] = palette[worn]
        view = cells.reshape(GRID, GRID, 3).repeat(CELL, axis=0).repeat(CELL, axis=1)
        save(folder, f"{1000 + scene:032x}", np.concatenate([view, np.zeros((SIDE // 4, SIDE, 3), np.uint8)]))
        record = {"product": f"{worn:032x}", "scene": f"{1000 + scene:032x}", "bbox": [0, 0.8, 1, 1]}
        lines.append(json.dumps(record) + "\n")
    (folder / "records.json").write_text("".join(lines))
    (folder / "categories.json").write_text(json.dumps({f"{product:032x}": "Shoes" for product in range(PRODUCTS)}))


def save(folder: Path, name: str, pixels: Any) -> None:
    Image.fromarray(np.ascontiguousarray(pixels)).save(folder / "images" / f"{name}.png")


def write_model(folder: Path) -> None:
    """Write the backbone and the model, each sealed as those that are trained."""
    (folder / "backbone").mkdir(parents=True)
    pooled, regions = torch.zeros(2, 3), torch.zeros(2, GRID**2, 3)
    pixels = {"pixels": torch.zeros(2, SIDE, SIDE, 3, dtype=torch.uint8)}
    export_onnx(Colours(), pixels, ["pooled", "regions"], folder / "backbone" / backbones.GRAPH)
    inputs = {"pooled": pooled, "regions": regions}
    export_onnx(OneCell(), inputs, ["queries", "attention"], folder / "scene.onnx")
    export_onnx(Direction(), {"pooled": pooled}, ["embedding"], folder / "product.onnx")
    write_table(folder / "seen_products.parquet", {name: np.empty(0, object) for name in SEEN}, SEEN)
    preprocessing = asdict(Preprocessing(SIDE, SIDE, 0, (1.0,) * 3, (0.0,) * 3))
    about = {"name": "colours", "preprocessing": preprocessing, "grid": GRID, "precision": "fp32"}
    parents = {"backbone": MARK}
    artifacts.seal(folder / "backbone", backbones.MANIFEST, "backbone", [backbones.GRAPH], parents, about)
    sizes = {"pooled": 3, "regions": 3, "embedding": 3, "categories": 1}
    body = {"recipe": "by hand", "categories": ["Shoes"], "sizes": sizes, "backbone": {"grid": GRID}}
    files = ["scene.onnx", "product.onnx", "seen_products.parquet"]
    artifacts.seal(folder, MANIFEST, "model", files, parents, body)


def build(folder: Path) -> Built:
    """Write looks and model into a folder, and compute the features."""
    write_looks(folder / "looks")
    records, categories, images = (folder / "looks" / name for name in ("records.json", "categories.json", "images"))
    import_stl(records, categories, images, folder / "dataset")
    write_model(folder / "model")
    dataset, model = Dataset.open(folder / "dataset"), Model(folder / "model")
    rows, backbone = dataset.split_rows("all"), model.backbone(threads=1)
    compute_features(dataset, backbone, rows)
    return Built(model, DatasetFeatures.open(dataset, backbone), rows)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Looks and model; read them only."""
    return build(tmp_path_factory.mktemp("one_cell"))


@pytest.fixture(scope="module")
def result(built: Built) -> dict[str, Any]:
    return deletion(*built)


def test_the_true_product_is_the_nearest(result: dict[str, Any]) -> None:
    assert (result["pairs"], result["scenes"], result["steps"]) == (SCENES, SCENES, [0, 1, 2, 5, 8, 12, 18, 25])
    first = {measure: part["attention"]["curve"][0] for measure, part in result["deletion"].items()}
    assert first["binary_accuracy"] == 1
    assert first["distance"] == pytest.approx(1, abs=0.01)  # 2 - q . f of the same colour, both of length 1


def test_its_order_is_the_steepest(result: dict[str, Any]) -> None:
    for measure in ("binary_accuracy", "margin", "agreement"):
        for other in OTHERS:
            assert result["deletion"][measure][other]["first_minus"]["high"] < 0
            assert result["insertion"][measure][other]["first_minus"]["low"] > 0
    for other in OTHERS:
        assert result["deletion"]["distance"][other]["first_minus"]["low"] > 0


def test_one_cell_is_all_that_attention_has_to_mask_or_to_show(result: dict[str, Any]) -> None:
    for measure in ("binary_accuracy", "margin", "agreement", "distance"):
        gone, shown = (result[mode][measure]["attention"]["curve"] for mode in ("deletion", "insertion"))
        assert gone[1:] == pytest.approx([gone[-1]] * len(gone[1:]))
        assert shown[1:] == pytest.approx([shown[-1]] * len(shown[1:]))
        assert shown[::-1][0] == pytest.approx(gone[0]) and shown[0] == pytest.approx(gone[-1])


def test_other_orders_change_nothing_until_that_cell_is_masked(result: dict[str, Any]) -> None:
    """It is one of the eight around the middle; those at the corners of a square come after those at its sides."""
    curve = result["deletion"]["agreement"]["centre first"]["curve"]
    assert curve[1] == pytest.approx(1)  # the middle alone
    assert curve[3] == pytest.approx(curve[-1])  # the middle and its four sides, of which it is one
    random = result["deletion"]["binary_accuracy"]["random cells"]["curve"]
    floor = random[-1]
    gone = [(1 - value) / (1 - floor) for value in random]
    assert gone == pytest.approx(np.array(result["steps"]) / GRID**2, abs=0.2)  # the share of orders that had its turn


def test_draws_follow_the_seed(built: Built, result: dict[str, Any]) -> None:
    assert deletion(*built) == result
    other = deletion(*built, seed=1)
    assert other["deletion"]["margin"]["random cells"] != result["deletion"]["margin"]["random cells"]
    for order in ("spectral residual", "centre first"):  # up to cells as heavy as another
        got, expected = (each["deletion"]["margin"][order]["curve"] for each in (other, result))
        assert (got[0], got[-1]) == pytest.approx((expected[0], expected[-1]))


def test_a_blur_without_end_is_another_mask(built: Built, result: dict[str, Any]) -> None:
    flat = deletion(*built, blur=float("inf"))
    assert flat["blur"] is None and result["blur"] == 0.25
    one, other = (each["deletion"]["margin"]["attention"]["curve"] for each in (flat, result))
    assert one[0] == other[0] and one[1] != other[1]


def test_a_prior_is_in_every_view_unless_novelty_takes_it_away(
    built: Built, result: dict[str, Any], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(built.model.folder, tmp_path / "model"))
    ids = np.array([f"{product:032x}" for product in range(PRODUCTS)], object)
    seen = {"id": ids, "content": ids, "prior": np.linspace(-9, 9, PRODUCTS)}
    write_table(folder / "seen_products.parquet", seen, SEEN | PRIOR)
    about = dict(built.model.about)
    body = {name: about[name] for name in ("recipe", "categories", "sizes", "backbone")}
    artifacts.seal(folder, MANIFEST, "model", list(about["files"]), about["parents"], body)
    prejudiced = built._replace(model=Model(folder))
    plain = deletion(*prejudiced, novelty=1)
    assert plain["insertion"]["margin"] == result["insertion"]["margin"]
    for mode in ("deletion", "insertion"):
        assert min(deletion(*prejudiced, pairs=3)[mode]["agreement"]["attention"]["curve"]) > 0.9
    with pytest.raises(UsageError, match="got the novelty 2"):
        deletion(*prejudiced, pairs=1, novelty=2)


def test_pairs_are_drawn_of_as_many_scenes_as_there_are(built: Built) -> None:
    few = deletion(*built, pairs=3)
    assert (few["pairs"], few["scenes"]) == (3, 3)
    scenes = np.array([5, 5, 5, 5, 8, 8, 9])
    for seed in range(10):
        assert sorted(scenes[draw_pairs(scenes, 5, seed)]) == [5, 5, 8, 8, 9]
        assert set(scenes[draw_pairs(scenes, 3, seed)]) == {5, 8, 9}
    assert draw_pairs(scenes, 99, 0).tolist() == list(range(7))
    assert len({tuple(draw_pairs(scenes, 2, seed)) for seed in range(20)}) > 3


def test_a_spoilt_picture_is_set_aside_and_listed(built: Built, tmp_path: Path) -> None:
    dataset = Dataset.open(Path(shutil.copytree(built.features.dataset.folder, tmp_path / "dataset")))
    spoilt = built._replace(features=replace(built.features, dataset=dataset))
    pictures = [dataset.folder / name for name in dataset.scenes["image"]]
    pictures[0].write_bytes(pictures[1].read_bytes())
    found = deletion(*spoilt, pairs=SCENES)
    assert found["pairs"] == SCENES - 1
    assert found["failed"] == [(str(pictures[0]), f"{pictures[0]} changed since the import; import the dataset again")]
    for picture in pictures:
        picture.unlink()
    with pytest.raises(DataError, match=rf"none of the {SCENES} pictures can be read; the first: .* no such picture"):
        deletion(*spoilt)


def test_what_cannot_be_masked_is_refused(built: Built, tmp_path: Path) -> None:
    for wrong in ({"pairs": 0}, {"blur": 0.0}, {"blur": float("nan")}):
        with pytest.raises(UsageError, match=r"got .* expected at least 1 pair, and a blur above 0"):
            deletion(*built, **wrong)
    other = DatasetFeatures(
        built.features.dataset, FeatureStore(tmp_path / "store", "e" * 64, built.features.store.tables), GRID
    )
    with pytest.raises(FingerprintError, match=r"got features of the backbone e{12}; the model was trained on f{12}"):
        deletion(built.model, other, built.rows)
    empty = FeatureStore(tmp_path / "empty", MARK, built.features.store.tables)
    with pytest.raises(DataError, match="none of the 24 pairs can be evaluated"):
        deletion(built.model, DatasetFeatures(built.features.dataset, empty, GRID), built.rows)
