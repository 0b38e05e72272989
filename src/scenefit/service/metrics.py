"""What the service tells Prometheus; every app has a registry of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
STAGES = ("decode", "queue", "backbone", "search", "thumbnail")


class Metrics:
    """The figures of one app."""

    def __init__(self) -> None:
        self.registry = of = CollectorRegistry()
        self._requests = Counter(
            "scenefit_requests",
            "Requests by route, method and status (499: went away).",
            ("route", "method", "status"),
            registry=of,
        )
        self._request_seconds = Histogram(
            "scenefit_request_seconds",
            "From the head of a request to its answer.",
            ("route",),
            buckets=SECONDS,
            registry=of,
        )
        self._stage_seconds = Histogram(
            "scenefit_stage_seconds",
            f"Time in each stage: {', '.join(STAGES)}.",
            ("stage",),
            buckets=SECONDS,
            registry=of,
        )
        self._batch = Histogram(
            "scenefit_batch_pictures", "Pictures in a batch of the backbone.", buckets=(1, 2, 4, 8, 16, 32), registry=of
        )
        self._rejections = Counter("scenefit_rejections", "Requests turned away, by reason.", ("reason",), registry=of)
        self._products = Gauge("scenefit_catalog_products", "Products in the catalog.", ("category",), registry=of)
        self._ages = Gauge(
            "scenefit_age_seconds", "Since the model was made, and the catalog changed.", ("of",), registry=of
        )
        self._counts = Gauge(
            "scenefit_now", "At the moment: places taken, queue length, bytes held.", ("what",), registry=of
        )
        self._ready = Gauge("scenefit_ready", "1 once the first inference is done.", registry=of)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, method, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def spent(self, stage: str, seconds: float) -> None:
        """Count time in one of `STAGES`."""
        self._stage_seconds.labels(stage).observe(seconds)

    def batch(self, pictures: int, seconds: float) -> None:
        """Count a batch of the backbone."""
        self._batch.observe(pictures)
        self.spent("backbone", seconds)

    def rejected(self, reason: str) -> None:
        """Count a request that was turned away."""
        self._rejections.labels(reason).inc()

    def watch(self, what: str, count: Callable[[], float]) -> None:
        """Ask for a count whenever the figures are read."""
        self._counts.labels(what).set_function(count)

    def ready(self) -> None:
        """Say that the service is warm."""
        self._ready.set(1)

    def text(self, products: Mapping[str, int], ages: Mapping[str, float]) -> bytes:
        """Give all figures as Prometheus reads them.

        Args:
            products: how many there are, by category.
            ages: in seconds, by what they are of.
        """
        self._products.clear()
        for category, count in products.items():
            self._products.labels(category).set(count)
        for of, age in ages.items():
            self._ages.labels(of).set(age)
        return generate_latest(self.registry)
