"""Arrays on disk, read as what they are expected to be and nothing else."""

from __future__ import annotations

from pathlib import Path
from tokenize import TokenError

import numpy as np

from scenefit.errors import ArtifactError
from scenefit.types import Array, Floats


def read_array(path: Path, shape: tuple[int, ...], remedy: str) -> Floats:
    """Read an array of one shape from a .npy file, float16 or float32, as float32; never as a pickle.

    Raises:
        ArtifactError: the file is not such an array, or holds what is no finite number; `remedy` says what to do then.
    """
    try:  # as a map, so that a header that promises terabytes takes none
        array: Array = np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError, TokenError) as error:
        raise ArtifactError(f"{path} cannot be read as an array ({error}); {remedy}") from None
    if array.shape != shape or array.dtype not in (np.float16, np.float32):
        got = f"{array.dtype} of shape {array.shape}"
        raise ArtifactError(f"{path} holds {got}; expected float16 or float32 of shape {shape}: {remedy}")
    if not np.isfinite(array).all():
        raise ArtifactError(f"{path} holds values that are not finite numbers; {remedy}")
    return np.array(array, np.float32)
