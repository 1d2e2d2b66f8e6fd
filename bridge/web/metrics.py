"""The metrics: what /metrics tells Prometheus: this process's requests, and the figures in the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge import vitals
from bridge.db import Database


class Stored(Collector):
    """The figures of the database, read anew at every scrape."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> list[Metric]:
        """Name nothing in advance: to register must not read the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read the figures."""
        now = vitals.figures(self._database)
        yield _by("pinehook_deliveries", "Deliveries by state.", "state", now.deliveries)
        yield _one(
            "pinehook_oldest_due_delivery_age_seconds",
            "How long the longest-waiting due delivery has been due; 0 when none is.",
            now.oldest_due_seconds or 0,
        )
        yield _by("pinehook_events", "Events kept, by type.", "type", now.events)
        yield _by("pinehook_watches", "Watches by state.", "state", now.watches)
        yield _one("pinehook_watch_failures", "Failed looks in a row, over all watches.", now.watch_failures)
        if now.heartbeat_seconds is not None:
            yield _one(
                "pinehook_worker_heartbeat_age_seconds",
                "How long ago any worker gave a sign of life; missing when none ever did.",
                now.heartbeat_seconds,
            )


def _requests() -> Counter:
    return Counter("pinehook_requests", "Requests answered.", ["method", "route", "status"], registry=None)


def _seconds() -> Histogram:
    return Histogram(
        "pinehook_request_seconds", "How long requests took.", ["method", "route"], registry=None
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """What this process counts itself."""

    requests: Counter = field(default_factory=_requests)
    seconds: Histogram = field(default_factory=_seconds)


def collected(database: Database, counts: Counts) -> CollectorRegistry:
    """Return a registry of our own, with nothing in it of other libraries."""
    own = CollectorRegistry()
    own.register(counts.requests)
    own.register(counts.seconds)
    own.register(Stored(database))
    return own


def text(own: CollectorRegistry) -> bytes:
    """Write the metrics in Prometheus' text format."""
    return generate_latest(own)


def _by(name: str, documentation: str, label: str, counts: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _one(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, documentation, value=value)
