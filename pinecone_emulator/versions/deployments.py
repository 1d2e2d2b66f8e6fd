"""Owns where an index runs, as the versions say it: serverless, pods or BYOC, read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.model import Pod
from pinecone_emulator.names import byoc_place, check_field_names, check_pod_type, pod_place

if TYPE_CHECKING:
    from pinecone_emulator.model import IndexView
    from pinecone_emulator.payload import Payload

DEFAULT_CLOUD, DEFAULT_REGION = "aws", "us-east-1"
SPECS = ("serverless", "pod", "byoc")


class Place(NamedTuple):
    """Where an index runs."""

    cloud: str
    region: str
    environment: str | None = None
    pod: Pod | None = None
    indexed: tuple[str, ...] | None = None


def chosen_spec(payload: Payload) -> tuple[str, Payload]:
    """Return the kind and the content of a spec before 2026-07, which must have exactly one kind."""
    spec = payload.need("spec", payload.object("spec"))
    kinds = [kind for kind in SPECS if spec.data.get(kind) is not None]
    if len(kinds) > 1:
        raise InvalidArgumentError("Bad request. spec must have exactly one of serverless, pod and byoc.")
    kind = kinds[0] if kinds else SPECS[0]
    return kind, spec.need(kind, spec.object(kind))


def classic_place(kind: str, spec: Payload) -> Place:
    """Read the place of a spec before 2026-07."""
    if kind == "serverless":
        return Place(spec.need("cloud", spec.text("cloud")), spec.need("region", spec.text("region")))
    environment = spec.need("environment", spec.text("environment"))
    if kind == "byoc":
        return Place(*byoc_place(environment), environment)
    pod = Pod(
        check_pod_type(spec.need("pod_type", spec.text("pod_type"))),
        _at_least_one(spec, "replicas"),
        _at_least_one(spec, "shards"),
    )
    if (pods := spec.integer("pods")) not in {None, 1, pod.replicas * pod.shards}:
        raise InvalidArgumentError(
            f"Bad request. pods is {pods} but shards x replicas is {pod.replicas * pod.shards}."
        )
    metadata = spec.object("metadata_config")
    indexed = None if metadata is None else metadata.texts("indexed")
    return Place(
        *pod_place(environment), environment, pod, None if indexed is None else check_field_names(indexed)
    )


def _at_least_one(spec: Payload, name: str) -> int:
    count = spec.integer(name)
    if count is not None and count < 1:
        raise InvalidArgumentError(f"Bad request. {name} must be 1 or more.")
    return 1 if count is None else count


def pod_spec(view: IndexView) -> dict[str, Any]:
    """Return PodSpec of a pod-based index."""
    blueprint, pod = view.index.blueprint, view.index.blueprint.pod
    if pod is None:
        return {}
    body: dict[str, Any] = {
        "environment": blueprint.environment,
        "pod_type": pod.pod_type,
        "replicas": pod.replicas,
        "shards": pod.shards,
        "pods": pod.replicas * pod.shards,
    }
    if blueprint.filterable_fields is not None:
        body["metadata_config"] = {"indexed": list(blueprint.filterable_fields)}
    if view.index.source_collection is not None:
        body["source_collection"] = view.index.source_collection
    return body


def deployment_place(payload: Payload | None) -> Place:
    """Read IndexDeploymentRequest of 2026-07, which takes no pods."""
    if payload is None:
        return Place(DEFAULT_CLOUD, DEFAULT_REGION)
    kind = payload.need("deployment_type", payload.choice("deployment_type", ("managed", "byoc", "pod")))
    if kind == "pod":
        raise InvalidArgumentError("Bad request. Pod-based indexes can no longer be created.")
    if kind == "byoc":
        payload.only("deployment_type", "environment")
        environment = payload.need("environment", payload.text("environment"))
        return Place(*byoc_place(environment), environment)
    payload.only("deployment_type", "cloud", "region", "environment")
    return Place(payload.need("cloud", payload.text("cloud")), payload.need("region", payload.text("region")))


def deployment_body(view: IndexView) -> dict[str, Any]:
    """Return IndexDeployment of 2026-07."""
    blueprint = view.index.blueprint
    if blueprint.pod is not None:
        body = pod_spec(view)
        return {
            "deployment_type": "pod",
            **{name: body[name] for name in ("environment", "pod_type", "replicas", "shards")},
        }
    if blueprint.environment is not None:
        return {"deployment_type": "byoc", "environment": blueprint.environment}
    return {
        "deployment_type": "managed",
        "cloud": blueprint.cloud,
        "region": blueprint.region,
        "environment": f"{blueprint.cloud}-{blueprint.region}",
    }
