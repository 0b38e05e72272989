"""scenefit: rank the products that go with a scene."""

__version__ = "0.1.0"
