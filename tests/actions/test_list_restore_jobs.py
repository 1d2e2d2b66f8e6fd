from __future__ import annotations

from tests.actions.conftest import RunAction, World


def test_every_job_is_told_once(run_action: RunAction, world: World) -> None:
    for place in range(3):
        run_action("create_index_from_backup", {"backup_id": world.backup_id, "name": f"again-{place}"})
    jobs = run_action("list_restore_jobs", {})["restore_jobs"]
    new = sorted(job["target_index_name"] for job in jobs if job["status"] == "Pending")
    assert (new, len({job["restore_job_id"] for job in jobs}) == len(jobs)) == (
        ["again-0", "again-1", "again-2"],
        True,
    )


def test_a_project_without_restores_is_an_empty_list(run_action: RunAction, world: World) -> None:
    world.emulator.control.reset()
    assert run_action("list_restore_jobs", {}) == {"restore_jobs": []}
