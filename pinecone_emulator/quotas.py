"""Owns how many objects each plan allows. Figures: Pinecone's "Object limits" page.

For collections the page has a figure on the Starter plan only, which stands here for every plan.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """What an organization on a plan may have; None means that the plan has no such thing."""

    organization_plan: str
    projects: int
    indexes_per_project: int
    namespaces_per_index: int
    backups_per_project: int | None
    collections_per_project: int


PLANS = {
    "Starter": Quota("Free", 1, 5, 100, None, 100),
    "Builder": Quota("Builder", 5, 10, 1_000, None, 100),
    "Standard": Quota("Standard", 20, 20, 100_000, 500, 100),
    "Enterprise": Quota("Enterprise", 100, 200, 100_000, 1_000, 100),
}
