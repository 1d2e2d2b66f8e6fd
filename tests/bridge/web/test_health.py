from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlmodel import delete, select

from bridge import clock, endpoints, fanout
from bridge.access import OPERATOR
from bridge.config import Settings
from bridge.models import Delivery, Event, Watch, Worker
from bridge.web import create_app
from tests.bridge.web.conftest import Web, serve
from tests.receiver import Receiver


@pytest.fixture
def stranger(web: Web) -> httpx.Client:
    return web.anyone()


def beat(web: Web, seconds_ago: float) -> None:
    with web.runtime.database.write() as session:
        session.exec(delete(Worker))
        session.add(Worker(host="h", pid=1, heartbeat_at=clock.now() - timedelta(seconds=seconds_ago)))


def readiness(client: httpx.Client) -> tuple[int, list[str]]:
    answer = client.get("/readyz")
    return answer.status_code, [fault["pointer"] for fault in answer.json().get("errors", [])]


def figures(client: httpx.Client) -> dict[str, float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        ":".join([sample.name, *(f"{value}" for value in sample.labels.values())]): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_web_process_is_healthy_whatever_else_is_not(stranger: httpx.Client) -> None:
    assert stranger.get("/healthz").json() == {"status": "ok"}


def test_it_is_ready_only_with_a_worker_that_beats(web: Web, stranger: httpx.Client) -> None:
    never = readiness(stranger)
    beat(web, 5)
    now = readiness(stranger)
    beat(web, 31)
    assert (never, now, readiness(stranger)) == ((503, ["/worker"]), (200, []), (503, ["/worker"]))


def test_it_is_not_ready_without_a_migration(web: Web, stranger: httpx.Client) -> None:
    beat(web, 0)
    with web.runtime.database.write() as session:
        session.execute(text("DELETE FROM alembic_version"))
    assert readiness(stranger) == (503, ["/migrations"])


def test_it_is_not_ready_without_a_database(web: Web, stranger: httpx.Client) -> None:
    with web.runtime.database.write() as session:
        session.execute(text("DROP TABLE worker"))
    assert readiness(stranger) == (503, ["/database"])
    assert stranger.get("/healthz").status_code == 200


def test_while_the_database_does_not_answer_every_request_is_told_so(tmp_path: Path) -> None:
    nowhere = "postgresql://127.0.0.1:1/nowhere"
    app = create_app(Settings(env="development", data_dir=tmp_path, DATABASE_URL=nowhere))
    with serve(app) as url:
        answer = httpx.post(
            f"{url}/v1/actions/list_indexes", headers={"Authorization": f"Bearer phk_{'x' * 43}"}
        )
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["retryable"], problem["errors"][0]["pointer"]) == (
        503, "not_ready", True, "/database",
    )  # fmt: skip
    assert "127.0.0.1" not in answer.text


def test_the_metrics_tell_what_is_stored_and_what_was_asked(
    web: Web, stranger: httpx.Client, receiver: Receiver
) -> None:
    moment = clock.now()
    event = Event(dedupe_key="e", type="index.ready", key="k", life="l", timestamp=moment, observed_at=moment)
    endpoints.create(web.runtime, OPERATOR, url=receiver.url, event_types=["*"])
    with web.runtime.database.write() as session:
        session.add(event)
        session.flush()
        fanout.fan_out(session, [event])
        session.exec(select(Delivery)).one().next_at = moment - timedelta(seconds=90)
        watched = session.exec(select(Watch)).all()
        watched[0].failure_count = 3
    beat(web, 7)
    stranger.get("/v1/nope")
    stranger.request("BREW", "/healthz")
    told = figures(stranger)
    exact = {
        name: told.get(name)
        for name in (
            "pinehook_deliveries:pending", "pinehook_events:index.ready", "pinehook_watches:active",
            "pinehook_watch_failures", "pinehook_requests_total:GET:(none):404",
            "pinehook_requests_total:other:(none):405", "pinehook_request_seconds_count:GET:(none)",
        )
    }  # fmt: skip
    assert exact == dict(zip(exact, [1, 1, len(watched), 3, 1, 1, 1], strict=True))
    assert 90 <= told["pinehook_oldest_due_delivery_age_seconds"] < 100
    assert 7 <= told["pinehook_worker_heartbeat_age_seconds"] < 17
