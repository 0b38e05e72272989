"""scenefit: rank the products that go with a scene.

>>> from scenefit import Box, Recommender
>>> recommender = Recommender.open("catalog")  # doctest: +SKIP
>>> recommender.recommend("photo.jpg", ["Shoes"], k=5)  # doctest: +SKIP
"""

from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.client import Client
from scenefit.data.dataset import Dataset
from scenefit.errors import ScenefitError
from scenefit.model.folder import Model
from scenefit.recommend.recommender import Recommender
from scenefit.recommend.wishes import Wishes
from scenefit.results import Ranking, Recommendation, Recommendations
from scenefit.types import Box, Product

__version__ = "0.1.0"
__all__ = [
    "Box",
    "Client",
    "Dataset",
    "LocalCatalog",
    "Model",
    "Product",
    "Ranking",
    "Recommendation",
    "Recommendations",
    "Recommender",
    "ScenefitError",
    "Wishes",
    "__version__",
]
