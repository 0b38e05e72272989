"""The model folder: served without torch, the same as the torch module; what is not whole is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from scenefit import artifacts
from scenefit.data.dataset import Dataset
from scenefit.errors import ArtifactError, UsageError
from scenefit.features.export import export_onnx
from scenefit.model.folder import CALIBRATION, CHUNK, SEALED, Model
from scenefit.model.heads import CompleteTheLook, SceneSide, Sizes
from scenefit.types import Floats, ProductFeatures, SceneFeatures

WITHOUT_TORCH = "import sys; sys.modules.update(dict.fromkeys(('torch', 'transformers', 'onnx', 'safetensors')))\n"


@pytest.fixture(scope="module")
def model(model_folder: Path) -> Model:
    return Model(model_folder)


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_folder, tmp_path / "model"))


def drawn(rows: int) -> SceneFeatures:
    """Give features such as ReLU networks give."""
    rng = np.random.default_rng(rows)
    return SceneFeatures(*(rng.gamma(1, 1, (rows, *shape)).astype(np.float32) for shape in ((64,), (49, 48), (128,))))


def products_of(pooled: Floats) -> ProductFeatures:
    return ProductFeatures(pooled, np.zeros((len(pooled), 96), np.float32))


@pytest.mark.parametrize("rows", [1, 7])
def test_gives_what_the_torch_module_gives(model: Model, rows: int) -> None:
    module = CompleteTheLook(Sizes(**model.about["sizes"]), dropout=0.5)
    module.load_state_dict(load_file(model.folder / "model.safetensors"))
    scenes = drawn(rows)
    pooled, regions, _ = scenes
    with torch.no_grad():
        expected = SceneSide(module.eval())(torch.from_numpy(pooled), torch.from_numpy(regions))
        products = module.embed(torch.from_numpy(pooled))
    queries, attention = model.embed_scenes(scenes)
    assert queries.shape == (rows, 2, 16)
    np.testing.assert_allclose(queries, expected[0], atol=1e-5)
    np.testing.assert_allclose(attention, expected[1], atol=1e-5)
    np.testing.assert_allclose(model.embed_products(products_of(pooled)), products, atol=1e-5)


def test_products_become_unit_vectors_however_many(model: Model) -> None:
    products = products_of(np.random.default_rng(0).gamma(1, 1, (CHUNK + 3, 64)).astype(np.float32))
    vectors = model.embed_products(products)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[-3:], model.embed_products(products.some(slice(-3, None))), atol=1e-5)
    assert model.embed_products(products.some(slice(0))).shape == (0, 16)


def test_flat_regions_are_taken_as_stored(model: Model) -> None:
    scenes = drawn(3)
    flat = scenes._replace(regions=scenes.regions.reshape(3, -1))
    np.testing.assert_array_equal(model.embed_scenes(flat)[0], model.embed_scenes(scenes)[0])


def test_knows_what_it_was_made_of(model: Model, model_folder: Path) -> None:
    dataset = Dataset.open(model_folder.with_name("dataset"))
    assert model.categories == dataset.categories == ["Pants", "Shoes"]
    assert [model.category_row(name) for name in model.categories] == [0, 1]
    assert model.about["parents"] == {"backbone": model.backbone().fingerprint, "dataset": dataset.fingerprint}
    assert sorted(model.about["files"]) == sorted((*SEALED, CALIBRATION))


def test_unknown_category(model: Model) -> None:
    with pytest.raises(UsageError, match="got the category 'Hats'; this model knows 'Pants', 'Shoes'"):
        model.category_row("Hats")


def test_seen_by_id_or_by_picture(model: Model, model_folder: Path) -> None:
    dataset = Dataset.open(model_folder.with_name("dataset"))
    train = np.unique(dataset.pair_product[dataset.pairs["split"] == "train"])
    expected = np.isin(np.arange(len(dataset.products["id"])), train)
    assert 0 < expected.sum() < len(expected)
    assert model.seen(dataset.products).tolist() == expected.tolist()
    renamed = dataset.products | {"id": np.array([f"new {i}" for i in range(len(expected))], object)}
    assert model.seen(renamed).tolist() == expected.tolist()
    retaken = dataset.products | {"content": np.array(["0" * 64] * len(expected), object)}
    assert model.seen(retaken).tolist() == expected.tolist()
    assert not model.seen(renamed | {"content": retaken["content"]}).any()


def test_serves_without_torch(model: Model) -> None:
    code = WITHOUT_TORCH + (
        "from pathlib import Path; import numpy as np; from scenefit.model.folder import Model\n"
        f"model = Model(Path({str(model.folder)!r}))\n"
        "features = model.backbone().run(np.zeros((1, 224, 224, 3), np.uint8))\n"
        "from scenefit.features.statistics import as_product\n"
        "print(model.embed_scenes(features)[0].shape, model.embed_products(as_product(features)).shape)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "(1, 2, 16) (1, 16)\n", done.stderr


@pytest.mark.parametrize("name", (*SEALED, CALIBRATION))
def test_damaged(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=rf"{name} is not the file that was sealed .*make the model again"):
        Model(copy)


def test_cut_short_or_missing(copy: Path) -> None:
    (copy / "scene.onnx").write_bytes((copy / "scene.onnx").read_bytes()[:-1])
    with pytest.raises(ArtifactError, match=r"scene\.onnx is not the file that was sealed"):
        Model(copy)
    (copy / "scene.onnx").unlink()
    with pytest.raises(ArtifactError, match=r"scene\.onnx is missing; make the model again"):
        Model(copy)


def test_half_written(copy: Path) -> None:
    (copy / "config.json").unlink()
    with pytest.raises(ArtifactError, match=r"holds no config\.json: it is half-written or not a scenefit model"):
        Model(copy)


def test_another_kind_of_folder(copy: Path, dataset_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"holds no config\.json"):
        Model(dataset_folder)
    with pytest.raises(ArtifactError, match="no such folder; expected a scenefit model"):
        Model(tmp_path / "nothing")
    about = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(about | {"kind": "catalog"}))
    with pytest.raises(ArtifactError, match="describes 'catalog'; expected a scenefit model"):
        Model(copy)
    (copy / "config.json").write_text(json.dumps(about | {"format": 99}))
    with pytest.raises(ArtifactError, match="has format 99; this version of scenefit reads format 1"):
        Model(copy)


class AllScenes(nn.Module):
    """Pooled, regions and halves -> queries for one category that are the sum of the halves, attention all even."""

    def forward(self, pooled: Tensor, regions: Tensor, halves: Tensor) -> tuple[Tensor, Tensor]:
        total = halves.sum(1)[:, None, None] + 0 * pooled.sum() + 0 * regions.sum()
        return total.expand(-1, 1, 16), torch.ones_like(regions[:, :, 0])[:, None] / 49


def with_side(copy: Path, name: str, module: nn.Module, inputs: dict[str, Tensor], outputs: list[str]) -> Path:
    """Put another graph into a model and seal it again."""
    export_onnx(module, inputs, outputs, copy / name)
    about = json.loads((copy / "config.json").read_text())
    body = {key: about[key] for key in ("categories", "sizes", "backbone")}
    artifacts.seal(copy, "config.json", "model", SEALED, about["parents"], body)
    return copy


def test_a_side_gets_the_features_that_it_asks_for(copy: Path) -> None:
    inputs = {name: torch.from_numpy(values) for name, values in drawn(2)._asdict().items()}
    model = Model(with_side(copy, "scene.onnx", AllScenes(), inputs, ["queries", "attention"]))
    scenes = drawn(5)
    np.testing.assert_allclose(model.embed_scenes(scenes)[0][:, 0, 3], scenes.halves.sum(1), rtol=1e-5)
    statistics = {"statistics": torch.zeros(2, 96)}
    model = Model(with_side(copy, "product.onnx", nn.Softmax(dim=1), statistics, ["embedding"]))
    assert model.embed_products(products_of(scenes.pooled)).tolist() == pytest.approx(np.full((5, 96), 1 / 96))


def test_a_side_that_asks_for_something_else_is_refused(copy: Path) -> None:
    with_side(copy, "product.onnx", nn.Softmax(dim=1), {"thumbnails": torch.zeros(2, 3)}, ["embedding"])
    message = r"asks for \['thumbnails'\]; expected some of \['pooled', 'statistics'\]: make the model again"
    with pytest.raises(ArtifactError, match=message):
        Model(copy)
