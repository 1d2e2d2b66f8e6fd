from __future__ import annotations

from typing import Any

import pytest

from bridge.plugin import Context, Resource
from tests.scripted import ScriptedPinecone, wire_job
from tests.triggers.conftest import lives, told
from triggers import restore_jobs


def job(status: str, job_id: str = "j-1", **changes: Any) -> Resource:
    body = wire_job(job_id, status, completed_at=None, percent_complete=None) | changes
    return Resource(job_id, job_id, status, body)


def test_a_job_first_seen_completed_was_created_and_completed_at_pinecones_times() -> None:
    done = job("Completed", completed_at="2026-11-22T18:14:11Z")
    events = list(restore_jobs.diff({}, lives(done), {}))
    assert [(event.type, event.previous_status, event.timestamp) for event in events] == [
        ("restore_job.created", None, "2026-11-22T18:14:05Z"),
        ("restore_job.completed", None, "2026-11-22T18:14:11Z"),
    ]


@pytest.mark.parametrize(
    ("status", "event_type"),
    [
        ("Completed", "restore_job.completed"),
        ("Failed", "restore_job.failed"),
        ("Cancelled", "restore_job.cancelled"),
    ],
)
def test_each_end_of_a_job_is_told_once(status: str, event_type: str) -> None:
    first = restore_jobs.diff(lives(job("Pending")), lives(job(status)), {})
    again = restore_jobs.diff(lives(job(status)), lives(job(status, percent_complete=100)), {})
    assert (told(first), told(again)) == ([(event_type, "j-1", "Pending", status)], [])


def test_a_word_for_running_is_no_event() -> None:
    assert told(restore_jobs.diff(lives(job("Pending")), lives(job("InProgress")), {})) == []


def test_new_jobs_are_told_in_the_order_they_were_created() -> None:
    late = job("Pending", "j-1", created_at="2026-11-22T19:00:00Z")
    early = job("Pending", "j-2", created_at="2026-11-22T18:00:00Z")
    assert [event.resource.life for event in restore_jobs.diff({}, lives(late, early), {})] == ["j-2", "j-1"]


def test_pages_that_overlap_give_each_job_once_in_its_latest_state(
    context: Context, backend: ScriptedPinecone
) -> None:
    backend.answers |= {
        "/restore-jobs?limit=100": {
            "data": [wire_job("j-1", "Completed"), wire_job("j-2", "Pending")],
            "pagination": {"next": "2"},
        },
        "/restore-jobs?paginationToken=2": {
            "data": [wire_job("j-2", "Pending"), wire_job("j-1", "Pending")],
            "pagination": {"next": "2"},
        },
    }
    look = restore_jobs.snapshot(context, {}, {})
    assert [(each.life, each.status) for each in look.resources] == [("j-1", "Completed"), ("j-2", "Pending")]


def test_an_unfinished_job_that_the_list_leaves_out_is_followed_by_its_id(
    context: Context, backend: ScriptedPinecone
) -> None:
    backend.answers |= {"/restore-jobs": {"data": []}, "/restore-jobs/j-1": wire_job("j-1", "Completed")}
    look = restore_jobs.snapshot(context, {}, lives(job("Pending"), job("Completed", "j-2")))
    assert ([(each.life, each.status) for each in look.resources], look.complete, backend.asked) == (
        [("j-1", "Completed")],
        False,
        ["/restore-jobs?limit=100", "/restore-jobs/j-1"],
    )


def test_a_404_for_a_job_proves_nothing(context: Context, backend: ScriptedPinecone) -> None:
    backend.answers["/restore-jobs"] = {"data": []}
    look = restore_jobs.snapshot(context, {}, lives(job("Pending")))
    assert (look.resources, look.complete) == ((), False)


def test_a_job_that_has_ended_stays_so_whatever_an_old_page_says(
    context: Context, backend: ScriptedPinecone
) -> None:
    backend.answers["/restore-jobs"] = {"data": [wire_job("j-1", "Pending")]}
    ended = job("Completed")
    assert restore_jobs.snapshot(context, {}, lives(ended)).resources == (ended,)


def test_lost_unfinished_jobs_cost_a_bounded_number_of_calls(
    context: Context, backend: ScriptedPinecone
) -> None:
    backend.answers["/restore-jobs"] = {"data": []}
    lost = [job("Pending", f"j-{n:02}", created_at=f"2026-11-22T18:14:{n:02}Z") for n in range(30)]
    restore_jobs.snapshot(context, {}, lives(*lost))
    assert backend.asked[1:] == [f"/restore-jobs/j-{n:02}" for n in range(29, 9, -1)]
