from __future__ import annotations

import scenefit


def test_the_public_names_are_there_and_no_others() -> None:
    assert scenefit.__all__ == sorted(scenefit.__all__)
    for name in scenefit.__all__:
        assert hasattr(scenefit, name)
    own = {name for name, value in vars(scenefit).items() if getattr(value, "__module__", "").startswith("scenefit.")}
    assert own == set(scenefit.__all__) - {"__version__"}
