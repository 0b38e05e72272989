"""The ways things go wrong, as one tree: catch `ScenefitError` to catch them all.

ScenefitError
├── UsageError            an option or an argument that cannot be taken
│   └── FilterError       a filter that cannot be read, or asks for what the catalog does not have
├── DataError             a dataset, a records file, a category or split file
├── ImageError            one picture that is not accepted
├── ArtifactError         a folder that is half-written, damaged, or of another kind
│   └── FingerprintError  features or vectors that another backbone or model made
├── BackboneError         a backbone that cannot be found, read or exported
├── CatalogError          a catalog that is busy, full, out of reach, or refuses a product
├── ServiceError          a service that is out of reach or busy, or refuses the key
├── TrainingError         pairs from which nothing can be learned
└── MissingExtraError     a part of the package that is not installed

Each message says what was got, what was expected and what to do.
"""

from __future__ import annotations


class ScenefitError(Exception):
    """Base of every error that the user of scenefit can mend."""


class UsageError(ScenefitError):
    """An option or an argument that cannot be taken."""


class DataError(ScenefitError):
    """A dataset, a records file, a category file or a split file that cannot be used."""


class ImageError(ScenefitError):
    """One picture that is not accepted: unreadable, truncated, too large, not a picture."""


class ArtifactError(ScenefitError):
    """A folder that is half-written, damaged, or of another kind than asked for."""


class FingerprintError(ArtifactError):
    """Features or vectors that another backbone or model made."""


class BackboneError(ScenefitError):
    """A backbone that cannot be found, read or exported."""


class FilterError(UsageError):
    """A filter that cannot be read, or asks for what the catalog does not have."""


class CatalogError(ScenefitError):
    """A catalog that is busy, full, out of reach, or refuses a product."""


class ServiceError(ScenefitError):
    """A service that is out of reach or busy, or refuses the key.

    Attributes:
        status: of the answer; 0 where there was none.
        code: of the fault, as docs/service.md lists them.
        retry_after: seconds after which another try may help; None where it would not.
    """

    def __init__(self, message: str, status: int = 0, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after = status, code, retry_after


class TrainingError(ScenefitError):
    """Pairs from which nothing can be learned."""


class MissingExtraError(ScenefitError):
    """A part of the package that is not installed.

    >>> raise MissingExtraError("reading a backbone of Transformers", "train")
    Traceback (most recent call last):
    ...
    scenefit.errors.MissingExtraError: reading a backbone of Transformers needs an extra that is not installed: \
pip install 'scenefit[train]'
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an extra that is not installed: pip install 'scenefit[{extra}]'")
