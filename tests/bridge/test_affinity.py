from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TAKE = "from bridge import affinity; print(affinity.take_core(), flush=True); input()"


def taking() -> tuple[subprocess.Popen[str], str]:
    """A process that has asked for a core, and what it was given."""
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    lines = [process.stdout.readline().strip()]
    while "affinity" in lines[-1]:  # the log of a process that is not set up
        lines.append(process.stdout.readline().strip())
    return process, lines[-1]


def cores_of(process: subprocess.Popen[str]) -> list[set[int]]:
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    return [os.sched_getaffinity(int(thread.name)) for thread in threads]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux has it")
def test_each_process_has_a_core_of_its_own_and_the_next_one_keeps_all() -> None:
    every = os.sched_getaffinity(0)
    taken = [taking() for _ in range(len(every) + 1)]
    try:
        cores = [int(core) for _, core in taken if core != "None"]
        assert len(cores) == len(set(cores)) == len(every)
        assert [core for _, core in taken][-1] == "None"
        for process, core in taken:
            expected = every if core == "None" else {int(core)}
            assert cores_of(process) == [expected] * len(cores_of(process))
        first, core = taken.pop(0)
        first.communicate("")
        taken.append(taking())
        assert taken[-1][1] == core  # the claim ended with its process
    finally:
        for process, _ in taken:
            process.communicate("")
