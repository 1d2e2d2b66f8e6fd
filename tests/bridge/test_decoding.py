from __future__ import annotations

import subprocess
import sys

FIRST_ANSWERS = """
import json, sys, threading
import msgspec
from bridge import decoding
from pinecone.models.indexes.index import IndexModel
from tests.scripted import wire_index

decoding.prepare()
together = threading.Barrier(8)
answer = json.dumps(wire_index("a", "h", "Ready")).encode()

def read():
    together.wait()
    msgspec.json.decode(answer, type=IndexModel)

sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=read) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_the_first_answers_of_a_kind_may_come_to_many_threads_at_once() -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", FIRST_ANSWERS], stderr=subprocess.PIPE) for _ in range(12)
    ]
    ended = [process.communicate()[1] for process in processes]
    assert [(process.returncode, told) for process, told in zip(processes, ended, strict=True)] == [
        (0, b"")
    ] * 12
