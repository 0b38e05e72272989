"""The whole path on drawn looks: import, features, training, evaluation, catalog, recommendation, one page.

Usage: python examples/first_path.py [DIR]
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from drawn_looks import box_of, signature, write_backbone, write_looks

from scenefit.cli import run


def step(*arguments: str) -> None:
    print(f"\n$ scenefit {shlex.join(arguments)}", flush=True)
    if code := run(list(arguments)):
        sys.exit(code)


def main(folder: Path) -> None:
    looks, backbone = folder / "looks", str(folder / "backbone")
    print(f"drawing looks and a small untrained backbone into {folder}")
    write_looks(looks)
    write_backbone(folder / "backbone")
    dataset, model, catalog = (str(folder / name) for name in ("dataset", "model", "catalog"))
    records = ("--categories", str(looks / "categories.json"), "--images", str(looks / "images"))
    step("data", "import", "stl", str(looks / "records.json"), *records, "--out", dataset, "--overwrite")
    step("data", "check", dataset)
    step("train", dataset, "--backbone", backbone, "--out", model, "--overwrite")
    step("evaluate", model, dataset)
    step("catalog", "build", model, dataset, "--out", catalog, "--overwrite")
    photo, page = str(looks / "images" / f"{signature('scene 0')}.jpg"), str(folder / "page.html")
    box = ",".join(f"{side:.3f}" for side in box_of("Pants"))
    step("recommend", catalog, photo, "--category", "Pants", "--box", box, "-k", "8", "--html", page)
    print("the rule under these looks: trousers have the hue opposite to the top's")
    print(f"\nopen {page} in a browser")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
