"""A catalog, the model of its vectors and the backbone of that model belong together, or are refused."""

from __future__ import annotations

from scenefit.catalog.stores import Store
from scenefit.errors import FingerprintError
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model


def check_model(catalog: Store, model: Model) -> None:
    """Refuse a catalog whose vectors are another model's.

    Raises:
        FingerprintError: they are.
    """
    if catalog.model != model.fingerprint:
        raise FingerprintError(
            f"the catalog's vectors were made by the model {catalog.model[:12]}, not by {model.fingerprint[:12]}; open "
            "it with that model, or let this one serve it: scenefit catalog switch"
        )


def check_backbone(model: Model, backbone: Backbone) -> None:
    """Refuse a backbone on which a model was not trained.

    Raises:
        FingerprintError: it was not.
    """
    if backbone.fingerprint != model.backbone_fingerprint:
        raise FingerprintError(
            f"got the backbone {backbone.fingerprint[:12]}; the model was trained on "
            f"{model.backbone_fingerprint[:12]}: open it by model.backbone()"
        )
