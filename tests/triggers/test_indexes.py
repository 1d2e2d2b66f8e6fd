from __future__ import annotations

from typing import Any

import pytest

from bridge.plugin import Context, Resource, Snapshot
from tests.scripted import ScriptedPinecone, wire_index
from tests.triggers.conftest import lives, told
from triggers import indexes

SERVING = ("Ready", "ScalingUp", "ScalingDown", "ScalingUpPodSize")
HOST = "http://127.0.0.1:1/i/docs-1"
OTHER_HOST = "http://127.0.0.1:1/i/docs-2"


def index(state: str = "Ready", life: str = "docs-1", **changes: Any) -> Resource:
    body = {
        "name": "docs",
        "host": life,
        "status": {"ready": state in SERVING, "state": state},
        "deletion_protection": "disabled",
        "deployment": {"deployment_type": "managed", "cloud": "aws", "region": "us-east-1"},
        "read_capacity": {"mode": "OnDemand", "status": {"state": "Ready"}},
        "schema": {"fields": {}},
        "tags": None,
    } | changes
    return Resource("docs", life, state, body)


def dedicated(replicas: int, reading: str) -> dict[str, Any]:
    manual = {"node_type": "b1", "scaling": "Manual", "manual": {"shards": 1, "replicas": replicas}}
    return {"mode": "Dedicated", "dedicated": manual, "status": {"state": reading}}


def diff(before: Resource | None, after: Resource | None) -> list[tuple[str, str, str | None, str | None]]:
    return told(indexes.diff(lives(*filter(None, [before])), lives(*filter(None, [after])), {}))


def test_an_index_that_did_not_change_tells_nothing() -> None:
    assert diff(index(), index()) == []


@pytest.mark.parametrize(
    ("state", "also"),
    [
        ("Initializing", []),
        ("Ready", ["index.ready"]),
        ("ScalingUp", ["index.ready"]),
        ("InitializationFailed", ["index.failed"]),
        ("Failed", ["index.failed"]),
        ("Disabled", ["index.disabled"]),
    ],
)
def test_a_new_index_is_created_and_is_what_it_has_become_meanwhile(state: str, also: list[str]) -> None:
    expected = [(name, "docs-1", None, state) for name in ["index.created", *also]]
    assert diff(None, index(state)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Initializing", "Ready", ["index.status_changed", "index.ready"]),
        ("Initializing", "ScalingUp", ["index.status_changed", "index.ready"]),
        ("Initializing", "InitializationFailed", ["index.status_changed", "index.failed"]),
        ("InitializationFailed", "Failed", ["index.status_changed"]),
        ("Ready", "ScalingUp", ["index.status_changed"]),
        ("ScalingUp", "Ready", ["index.status_changed", "index.scaled"]),
        ("ScalingUp", "ScalingDown", ["index.status_changed"]),
        ("Ready", "Disabled", ["index.status_changed", "index.disabled"]),
        ("Disabled", "Ready", ["index.status_changed", "index.ready"]),
        ("Ready", "Terminating", ["index.status_changed"]),
        ("Ready", "SomethingNew", ["index.status_changed"]),
    ],
)
def test_a_status_that_changed_is_told_with_what_it_means(old: str, new: str, expected: list[str]) -> None:
    assert diff(index(old), index(new)) == [(name, "docs-1", old, new) for name in expected]


def test_an_index_that_is_gone_was_deleted_with_its_last_status() -> None:
    assert diff(index(), None) == [("index.deleted", "docs-1", "Ready", None)]


def test_a_namesake_with_another_host_is_one_deletion_and_one_creation() -> None:
    assert diff(index(), index(life="docs-2")) == [
        ("index.deleted", "docs-1", "Ready", None),
        ("index.created", "docs-2", None, "Ready"),
        ("index.ready", "docs-2", None, "Ready"),
    ]


def test_configured_says_what_changed_from_what_to_what() -> None:
    old = index(tags={"team": "a"}, read_capacity=dedicated(1, "Ready"))
    new = index(tags={"team": "b"}, deletion_protection="enabled", read_capacity=dedicated(2, "Scaling"))
    [event] = indexes.diff(lives(old), lives(new), {})
    without_state = [
        {name: value for name, value in dedicated(count, "").items() if name != "status"} for count in (1, 2)
    ]
    assert (event.type, event.previous_status, event.changes) == (
        "index.configured",
        "Ready",
        {
            "deletion_protection": ["disabled", "enabled"],
            "tags": [{"team": "a"}, {"team": "b"}],
            "read_capacity": without_state,
        },
    )


def test_read_capacity_that_has_finished_scaling_is_scaled_and_nothing_else() -> None:
    old = index(read_capacity=dedicated(2, "Scaling"))
    assert diff(old, index(read_capacity=dedicated(2, "Ready"))) == [
        ("index.scaled", "docs-1", "Ready", "Ready")
    ]


def look(context: Context, *known: Resource) -> Snapshot:
    return indexes.snapshot(context, {}, lives(*known))


def seen(snapshot: Snapshot) -> list[tuple[str, str, str | None]]:
    return [(each.key, each.life, each.status) for each in snapshot.resources]


def test_a_look_is_one_call_and_keeps_every_key_of_an_index(
    context: Context, backend: ScriptedPinecone
) -> None:
    backend.answers["/indexes"] = {"indexes": [wire_index("docs", HOST, tags={"a": "b"})]}
    [found] = look(context).resources
    assert (backend.asked, found) == (
        ["/indexes"],
        Resource(
            "docs",
            HOST,
            "Ready",
            {
                "name": "docs",
                "host": HOST,
                "status": {"ready": True, "state": "Ready"},
                "dimension": 3,
                "metric": "cosine",
                "vector_type": "dense",
                "schema": {
                    "fields": {
                        "_values": {
                            "type": "dense_vector", "dimension": 3, "metric": "cosine", "description": None
                        }
                    }
                },
                "deployment": {
                    "deployment_type": "managed", "cloud": "aws", "region": "us-east-1", "environment": None
                },
                "deletion_protection": "disabled",
                "read_capacity": None,
                "tags": {"a": "b"},
                "private_host": None,
                "source_collection": None,
                "source_backup_id": None,
                "cmek_id": None,
            },
        ),
    )  # fmt: skip


def test_what_the_list_leaves_out_is_asked_for_and_still_there(
    context: Context, backend: ScriptedPinecone
) -> None:
    backend.answers |= {"/indexes": {"indexes": []}, "/indexes/docs": wire_index("docs", HOST)}
    assert seen(look(context, index(life=HOST))) == [("docs", HOST, "Ready")]


def test_what_pinecone_says_does_not_exist_is_gone(context: Context, backend: ScriptedPinecone) -> None:
    backend.answers["/indexes"] = {"indexes": []}
    gone = look(context, index(life=HOST))
    assert (gone.resources, gone.complete, backend.asked) == ((), True, ["/indexes", "/indexes/docs"])


def test_an_index_the_sdk_cannot_read_stays_as_it_was_and_others_are_seen(
    context: Context, backend: ScriptedPinecone
) -> None:
    unreadable = wire_index("docs", HOST, deployment={"deployment_type": "quantum"})
    backend.answers |= {
        "/indexes": {"indexes": [unreadable, wire_index("news", OTHER_HOST)]},
        "/indexes/docs": unreadable,
    }
    known = index(life=HOST)
    assert look(context, known).resources[1:] == (known,)


def test_a_namesake_on_another_host_needs_no_second_call(context: Context, backend: ScriptedPinecone) -> None:
    backend.answers["/indexes"] = {"indexes": [wire_index("docs", OTHER_HOST)]}
    assert (seen(look(context, index(life=HOST))), backend.asked) == (
        [("docs", OTHER_HOST, "Ready")],
        ["/indexes"],
    )


def test_a_namesake_made_between_list_and_describe_is_seen_in_its_new_life(
    context: Context, backend: ScriptedPinecone
) -> None:
    backend.answers |= {
        "/indexes": {"indexes": []},
        "/indexes/docs": wire_index("docs", OTHER_HOST, "Initializing"),
    }
    assert seen(look(context, index(life=HOST))) == [("docs", OTHER_HOST, "Initializing")]


def test_an_index_without_a_host_is_waited_for_and_a_known_one_kept(
    context: Context, backend: ScriptedPinecone
) -> None:
    hostless = wire_index("docs", None, "Initializing")
    backend.answers |= {"/indexes": {"indexes": [hostless]}, "/indexes/docs": hostless}
    known = index(life=HOST)
    assert (look(context).resources, look(context, known).resources) == ((), (known,))


@pytest.mark.parametrize(
    ("state", "doubted"),
    [("Initializing", True), ("Disabled", False), ("Terminating", False), ("Ready", False)],
)
def test_an_index_that_was_ready_and_says_without_reason_that_it_is_not_is_doubted(
    context: Context, backend: ScriptedPinecone, state: str, doubted: bool
) -> None:
    backend.answers["/indexes"] = {"indexes": [wire_index("docs", HOST, state)]}
    assert look(context, index(life=HOST)).doubtful == ({HOST} if doubted else set())
