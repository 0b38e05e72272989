"""A frozen backbone: found, exported once to ONNX, run by ONNX Runtime. A photo becomes vectors and a map."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from scenefit import artifacts
from scenefit.data.images import DECODER, decode
from scenefit.errors import ArtifactError, BackboneError, MissingExtraError, UsageError
from scenefit.features.preprocessing import Preprocessing
from scenefit.types import WHOLE, Box, Pixels, SceneFeatures

MANIFEST, GRAPH = "backbone.json", "backbone.onnx"
PRECISIONS = ("fp32",)
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
VOLATILE = ("_name_or_path", "transformers_version", "torch_dtype", "dtype")


@dataclass(frozen=True)
class BackboneFiles:
    """A backbone of Transformers on disk: what its fingerprint is made of."""

    name: str
    folder: Path
    preprocessing: Preprocessing
    grid: int
    precision: str
    fingerprint: str


class Backbone:
    """A frozen backbone, run by ONNX Runtime.

    Attributes:
        fingerprint: SHA-256 of weights, preprocessing, outputs and precision.
        pooled_size: D, the length of the pooled vector.
        region_size: C, the channels of the map; the map has `grid` x `grid` cells.
        halves_size: the length of the averages over the halves; 0 of a graph without them, as older exports are.
    """

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Open an exported backbone; `threads` of 0 lets one run use every core.

        Raises:
            ArtifactError: the folder is half-written, damaged or not a backbone.
        """
        about = artifacts.read_manifest(folder, MANIFEST, "backbone")
        self.folder, self.about = folder, about
        self.name, self.fingerprint = str(about["name"]), str(about["parents"]["backbone"])
        self.preprocessing = _preprocessing(about["preprocessing"])
        self.grid = int(about["grid"])
        self._session = open_session(folder / GRAPH, threads)
        self.pooled_size, self.region_size, self.halves_size = _sizes(self._session, folder)

    def opened(self, folder: Path) -> Backbone:
        """Open another backbone, to be run as this one is."""
        return type(self)(folder)

    def pixels(self, data: bytes, box: Box = WHOLE) -> Pixels:
        """Decode a picture's box to this backbone's input, shape (H, W, 3), uint8.

        Raises:
            ImageError: the picture is not accepted.
        """
        to = self.preprocessing
        return decode(data, (to.height, to.width), box, to.resample)

    def run(self, pixels: Pixels) -> SceneFeatures:
        """Run the network on pixels (B, H, W, 3), uint8; the regions have shape (B, G * G, C)."""
        pooled, regions, *halves = self._session.run(None, {"pixels": pixels})
        return SceneFeatures(pooled, regions, halves[0] if halves else np.empty((len(pixels), 0), np.float32))


def _sizes(session: onnxruntime.InferenceSession, folder: Path) -> tuple[int, int, int]:
    """Give the lengths of what a graph puts out: pooled, a region, and the halves (0 where there are none)."""
    outputs = session.get_outputs()
    if len(outputs) not in (2, 3):
        names = [output.name for output in outputs]
        raise ArtifactError(f"{folder / GRAPH} gives {names}; expected pooled, regions and, at most, halves")
    pooled, regions, *halves = (int(output.shape[-1]) for output in outputs)
    return pooled, regions, sum(halves)


def open_session(graph: Path, threads: int = 0) -> onnxruntime.InferenceSession:
    """Open an ONNX graph on the CPU; with one thread it runs in the caller's thread and may run in several.

    With more, threads that have nothing to do sleep: by themselves they would turn in a loop, at others' cost.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001  ONNX Runtime's errors share no base
        raise BackboneError(f"{graph} cannot be opened by ONNX Runtime: {str(error).splitlines()[0]}") from None


def find_backbone(source: str, grid: int = 7, precision: str = "fp32") -> BackboneFiles:
    """Find a backbone's files: in a folder, or on the hub by an id such as `microsoft/resnet-50`.

    Raises:
        BackboneError: no such folder, not on the hub or no network, or a file missing.
        UsageError: an unknown precision.
    """
    if precision not in PRECISIONS:
        raise UsageError(f"got the precision {precision!r}; expected one of {list(PRECISIONS)}")
    folder = Path(source)
    if not folder.is_dir():
        folder = _download(source)
    config, processor = _read(folder, "config.json"), _read(folder, "preprocessor_config.json")
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise BackboneError(f"{folder} holds no .safetensors file; weights in other formats are not read")
    preprocessing = Preprocessing.from_config(processor)
    mark = artifacts.fingerprint(
        {
            "weights": [artifacts.file_sha256(path) for path in weights],
            "config": _lasting(config),
            "preprocessing": asdict(preprocessing),
            "decoder": DECODER,
            "outputs": ["pooled", f"regions {grid}x{grid}", "halves"],
            "precision": precision,
        }
    )
    return BackboneFiles(_display_name(source), folder, preprocessing, grid, precision, mark)


def prepare_backbone(
    files: BackboneFiles, cache: Path | None = None, tell: Callable[[str], None] = lambda text: None
) -> Path:
    """Export a backbone to ONNX unless the cache holds it whole; give the folder to open. `tell` hears what is done.

    Raises:
        MissingExtraError: it must be exported and torch is not installed.
        BackboneError: it cannot be exported.
    """
    folder = (cache or cache_folder()) / "backbones" / files.fingerprint[:32]
    if _is_whole(folder):
        return folder
    try:
        from scenefit.features.export import export_backbone
    except ImportError:
        raise MissingExtraError("exporting a backbone of Transformers", "train") from None
    tell(f"exporting {files.name} to ONNX, once")
    with artifacts.written_folder(folder, overwrite=True) as aside:
        export_backbone(files.folder, files.preprocessing, files.grid, aside / GRAPH)
        about = {"name": files.name, "preprocessing": asdict(files.preprocessing), "grid": files.grid}
        about |= {"precision": files.precision}
        artifacts.seal(aside, MANIFEST, "backbone", [GRAPH], {"backbone": files.fingerprint}, about)
    return folder


def _is_whole(folder: Path) -> bool:
    try:
        artifacts.read_manifest(folder, MANIFEST, "backbone")
    except ArtifactError:
        return False
    return True


def cache_folder() -> Path:
    """The folder for exported backbones: `$SCENEFIT_CACHE`, or `scenefit` in the user's cache folder."""
    if own := os.environ.get("SCENEFIT_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scenefit"


def _display_name(source: str) -> str:
    return source if HUB_ID.fullmatch(source) and not Path(source).is_dir() else Path(source).resolve().name


def _lasting(config: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what differs with the place and the version that wrote a config, of its towers too."""
    return {
        key: _lasting(value) if isinstance(value, Mapping) else value
        for key, value in config.items()
        if key not in VOLATILE
    }


def _read(folder: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads((folder / name).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BackboneError(f"{folder / name} cannot be read ({error}); expected a folder of Transformers") from None
    if not isinstance(content, dict):
        raise BackboneError(f"{folder / name} holds a {type(content).__name__}; expected an object")
    return content


def _preprocessing(fields: Mapping[str, Any]) -> Preprocessing:
    scale, shift = fields["scale"], fields["shift"]
    return Preprocessing(fields["height"], fields["width"], fields["resample"], tuple(scale), tuple(shift))


def _download(source: str) -> Path:
    """Fetch a hub id's files, or find them in the hub's cache."""
    if not HUB_ID.fullmatch(source):
        raise BackboneError(f"got the backbone {source!r}; expected a folder, or a hub id such as microsoft/resnet-50")
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise MissingExtraError(f"fetching {source} from the hub", "train") from None
    try:
        return Path(snapshot_download(source, allow_patterns=["*config.json", "*.safetensors"]))
    except Exception as error:  # noqa: BLE001  many kinds, all of which mean: not to be had
        raise BackboneError(
            f"{source} is neither a folder nor in the hub's cache, and the hub cannot be reached "
            f"({type(error).__name__}); where there is a network, run "
            f"'hf download {source} --local-dir DIR', then pass DIR"
        ) from None
