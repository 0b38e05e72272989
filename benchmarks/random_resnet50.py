"""Write a ResNet-50 with random weights in the format of Transformers; its speed does not depend on its weights.

Usage: python benchmarks/random_resnet50.py DIR
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from transformers import ResNetConfig, ResNetModel


def main(folder: Path) -> None:
    torch.manual_seed(0)
    ResNetModel(ResNetConfig()).eval().save_pretrained(folder)
    processor = {"size": 224, "crop_pct": 0.875, "resample": 3}
    processor |= {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
