from __future__ import annotations

import io
import random
from datetime import timedelta

import pytest
from sqlmodel import select, update

from bridge import clock, errors, files, pruning
from bridge.access import OPERATOR, Caller
from bridge.models import File, FileChunk
from bridge.runtime import Runtime

ME = Caller("key_me", "me", frozenset({"write"}))
OTHER = Caller("key_other", "other", frozenset({"write"}))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHUNK_BYTES", 1000)


def store(runtime: Runtime, *pieces: bytes, most: int = 1 << 20) -> File:
    return files.store(runtime.database, File(api_key_id="key_me", name="a.csv", kind="csv"), pieces, most)


def chunks(runtime: Runtime) -> list[int]:
    with runtime.database.read() as session:
        return [len(chunk.data) for chunk in session.exec(select(FileChunk).order_by(FileChunk.number))]  # type: ignore[arg-type]


def test_what_is_stored_in_pieces_is_read_as_it_was(runtime: Runtime) -> None:
    data = random.Random(6).randbytes(3456)
    row = store(runtime, data[:1], data[1:2500], b"", data[2500:])
    with files.opened(runtime.database, row.id) as stream:
        whole = stream.read()
        places = [(stream.seek(-10, io.SEEK_END), stream.read()), (stream.seek(995), stream.read(10))]
    assert (whole == data, chunks(runtime), row.size) == (True, [1000, 1000, 1000, 456], 3456)
    assert places == [(3446, data[-10:]), (995, data[995:1005])]


def test_of_a_file_that_is_too_large_nothing_stays(runtime: Runtime) -> None:
    with pytest.raises(errors.FileTooLarge):
        store(runtime, b"x" * 3000, most=2500)
    with runtime.database.read() as session:
        assert (chunks(runtime), session.exec(select(File)).all()) == ([], [])


def test_a_file_is_its_key_s_own(runtime: Runtime) -> None:
    row = store(runtime, b"a")
    found = [files.find(runtime.database, caller, row.id) is not None for caller in (ME, OTHER, OPERATOR)]
    assert found == [True, False, True]


def test_a_file_that_was_not_sent_whole_is_not_there(runtime: Runtime) -> None:
    row = store(runtime, b"a")
    with runtime.database.write() as session:
        session.execute(update(File).values(whole=False))
    with pytest.raises(errors.InvalidInput):
        files.opened(runtime.database, row.id)


def test_files_are_cleared_away_after_a_day(runtime: Runtime) -> None:
    store(runtime, b"x" * 2500)
    old = f"{int((clock.now() - timedelta(days=1, minutes=1)).timestamp() * 1000):012x}"
    with runtime.database.write() as session:
        for chunk in session.exec(select(FileChunk)):
            session.execute(
                update(FileChunk).where(FileChunk.id == chunk.id).values(id=f"chunk_{old}{chunk.number:020x}")  # type: ignore[arg-type]
            )
    partly = pruning.prune(runtime)
    store(runtime, b"young")
    assert (partly, chunks(runtime)) == ({"file_chunk": 3}, [5])
