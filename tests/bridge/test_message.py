from __future__ import annotations

from typing import Any

import pytest

from bridge import __version__, delivering, endpoints, errors
from bridge.access import OPERATOR
from tests.bridge.conftest import Owing
from tests.receiver import Receiver

OWN = {"Authorization": "Bearer abc def", "X-Team": "search"}


def test_an_endpoints_own_headers_are_sent_beside_ours(owing: Owing, receiver: Receiver) -> None:
    made = owing.endpoint(receiver.url, headers=OWN)
    owing.happen()
    delivering.deliver_due(owing.runtime)
    endpoints.update(owing.runtime, OPERATOR, made.endpoint.id, headers={})
    owing.happen()
    delivering.deliver_due(owing.runtime)
    first, second = (request.headers for request in receiver.received)
    assert (first["authorization"], first["x-team"], first["user-agent"], first["content-type"]) == (
        "Bearer abc def", "search", f"Pinehook/{__version__}", "application/json")  # fmt: skip
    assert {"authorization", "x-team"} & set(second) == set()


def test_own_headers_are_kept_sealed(owing: Owing) -> None:
    row = owing.endpoint("https://receiver.example/", headers=OWN).endpoint
    assert (row.header_names, b"abc def" in (row.sealed_headers or b"")) == (
        ["Authorization", "X-Team"],
        False,
    )


@pytest.mark.parametrize(
    ("headers", "pointer"),
    [
        ({"webhook-id": "evt_1"}, "/headers/webhook-id"),
        ({"Webhook-Extra": "1"}, "/headers/Webhook-Extra"),
        ({"USER-AGENT": "curl"}, "/headers/USER-AGENT"),
        ({"Content-Type": "text/plain"}, "/headers/Content-Type"),
        ({"Host": "other.example"}, "/headers/Host"),
        ({"Transfer-Encoding": "chunked"}, "/headers/Transfer-Encoding"),
        ({"X": "a\r\nX-Injected: b"}, "/headers/X"),
        ({"X": "a\nb"}, "/headers/X"),
        ({"X": "bücher"}, "/headers/X"),
        ({"X": ""}, "/headers/X"),
        ({"X": " a"}, "/headers/X"),
        ({"X": "a" * 2001}, "/headers/X"),
        ({"X Y": "a"}, "/headers/X Y"),
        ({"X/Y": "a"}, "/headers/X~1Y"),
        ({"X\n": "a"}, "/headers/X\n"),
        ({"": "a"}, "/headers/"),
        ({"X-A": "a", "x-a": "b"}, "/headers"),
        ({f"X-{number}": "a" for number in range(21)}, "/headers"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_headers_that_are_ours_or_none_are_refused(
    owing: Owing, headers: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        owing.endpoint("https://receiver.example/", headers=headers)
    assert [fault.pointer for fault in caught.value.errors] == [pointer]
