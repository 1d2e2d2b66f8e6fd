"""Bulk imports: from a local directory of Parquet files, in time, with errors, and cancelled."""

from pathlib import Path

import orjson
import pytest
from pinecone import Pinecone

from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.parquet import folder_of

pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed: IMPORTS WERE NOT TESTED")
parquet = pytest.importorskip("pyarrow.parquet")

IMPORT_SECONDS = 4


def write(path, rows, **types):
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pyarrow.schema([("id", pyarrow.string()), *types.items()])
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema), path)
    return path


def dense_file(path, rows):
    return write(path, rows, values=pyarrow.list_(pyarrow.float32()), metadata=pyarrow.string())


def film(name, values=(1, 0, 0), **metadata):
    return {
        "id": name,
        "values": list(values),
        "metadata": orjson.dumps(metadata).decode() if metadata else None,
    }


@pytest.fixture
def films(tmp_path):
    """A directory with the default namespace in two files, another in one, and what is to be ignored."""
    dense_file(tmp_path / "__default__" / "0.parquet", [film("alien", year=1979), film("brazil", (0, 1, 0))])
    dense_file(tmp_path / "__default__" / "1.parquet", [film("clue", (0, 0, 1))])
    dense_file(tmp_path / "french" / "0.parquet", [film("delicatessen")])
    (tmp_path / "french" / "readme.txt").write_text("not a Parquet file")
    return tmp_path


def begin(call, host, uri, **more):
    answer = call("POST", f"{host}/bulk/imports", {"uri": str(uri), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def shown(call, host, import_id, *names):
    body = call("GET", f"{host}/bulk/imports/{import_id}").json()
    return [body.get(name) for name in names]


@pytest.mark.parametrize("version", ["2025-04", "2025-10", "2026-04", "2026-07"])
def test_an_import_is_pending_then_in_progress_then_completed_with_its_records(
    caller, emulator, films, version
):
    host = caller().dense_index()
    call = caller(version)
    number = begin(call, host, films.as_uri())
    states = [shown(call, host, number, "status", "percentComplete", "recordsImported")]
    for _ in range(2):
        emulator.control.advance(IMPORT_SECONDS / 2)
        states.append(shown(call, host, number, "status", "percentComplete", "recordsImported"))
    assert [state[0] for state in states] == ["Pending", "InProgress", "Completed"]
    assert states[0][1:] == [0, 0]
    assert 50 <= states[1][1] < 100
    assert states[2][1:] == [100, 4]
    counts = call("POST", f"{host}/describe_index_stats", {}).json()["namespaces"]
    assert counts == {"": {"vectorCount": 3}, "french": {"vectorCount": 1}}
    fetched = call("GET", f"{host}/vectors/fetch", params={"ids": ["alien"]}).json()["vectors"]["alien"]
    assert fetched == {"id": "alien", "values": [1, 0, 0], "metadata": {"year": 1979}}


def test_the_sdk_starts_lists_describes_and_cancels_imports(emulator, call, films):
    host = call.dense_index()
    with Pinecone(api_key=emulator.api_key, host=emulator.url).index(host=host) as index:
        first = index.start_import(uri=str(films)).id
        second = index.start_import(uri=str(films), error_mode="continue").id
        index.cancel_import(id=second)
        emulator.control.advance(IMPORT_SECONDS)
        described = index.describe_import(id=first)
        assert (described.status, described.records_imported, described.uri) == ("Completed", 4, str(films))
        assert described.finished_at > described.created_at
        assert [(each.id, each.status) for each in index.list_imports()] == [
            (second, "Cancelled"),
            (first, "Completed"),
        ]
        assert index.describe_index_stats().total_vector_count == 4


def test_a_record_that_cannot_be_read_aborts_or_is_left_out(call, emulator, tmp_path):
    bad = [film("good"), film("short", (1, 0)), film("zero", (0, 0, 0)), film("odd", list=[1])]
    dense_file(tmp_path / "n" / "0.parquet", bad)
    outcomes = []
    for name, mode in (("a", "abort"), ("b", "continue")):
        host = call.dense_index(name)
        number = begin(call, host, tmp_path, errorMode={"onError": mode})
        emulator.control.advance(IMPORT_SECONDS)
        outcomes.append(shown(call, host, number, "status", "recordsImported", "error"))
    assert outcomes == [
        ["Failed", 0, "Vector dimension 2 does not match the dimension of the index 3"],
        ["Completed", 1, None],
    ]


def test_sparse_and_hybrid_records_are_imported(call, emulator, tmp_path):
    pair = pyarrow.struct(
        [("indices", pyarrow.list_(pyarrow.uint32())), ("values", pyarrow.list_(pyarrow.float32()))]
    )
    sparse = {"indices": [7, 3], "values": [0.5, 1]}
    write(tmp_path / "s" / "n" / "0.parquet", [{"id": "x", "sparse_values": sparse}], sparse_values=pair)
    write(
        tmp_path / "h" / "n" / "0.parquet",
        [{"id": "x", "values": [1, 2, 3], "sparse_values": sparse}],
        values=pyarrow.list_(pyarrow.float64()),
        sparse_values=pair,
    )
    hosts = {"s": call.sparse_index(), "h": call.dense_index(metric="dotproduct")}
    for folder, host in hosts.items():
        begin(call, host, tmp_path / folder)
    emulator.control.advance(IMPORT_SECONDS)
    found = {
        folder: call("GET", f"{host}/vectors/fetch", params={"ids": "x", "namespace": "n"}).json()["vectors"][
            "x"
        ]
        for folder, host in hosts.items()
    }
    ordered = {"indices": [3, 7], "values": [1, 0.5]}
    assert found == {
        "s": {"id": "x", "values": [], "sparseValues": ordered},
        "h": {"id": "x", "values": [1, 2, 3], "sparseValues": ordered},
    }


def test_an_import_into_a_namespace_that_exists_fails(movies, call, emulator, films):
    number = begin(call, movies, films)
    emulator.control.advance(IMPORT_SECONDS)
    assert shown(call, movies, number, "status", "error") == [
        "Failed",
        "Cannot import into the namespace '__default__': it exists already.",
    ]


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("s3://bucket/folder", 501),
        ("gs://bucket/folder", 501),
        ("ftp://host/folder", 400),
        ("/no/such/folder", 400),
        ("file://elsewhere/tmp", 400),
        ("/tmp/\0", 400),
        ("", 400),
        ("/" + "x" * 1500, 400),
    ],
)
def test_a_uri_that_cannot_be_read_is_refused(call, uri, status):
    host = call.dense_index()
    answer = call("POST", f"{host}/bulk/imports", {"uri": uri})
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"code", "message", "details"}
    assert call("GET", f"{host}/bulk/imports").json() == {"data": []}


def test_files_that_are_no_parquet_or_lack_a_column_fail_the_import(call, emulator, tmp_path):
    (tmp_path / "a" / "n").mkdir(parents=True)
    (tmp_path / "a" / "n" / "0.parquet").write_bytes(b"nothing of the kind")
    write(tmp_path / "b" / "n" / "0.parquet", [{"id": "x"}])
    (tmp_path / "c").mkdir()
    host = call.dense_index()
    numbers = [begin(call, host, tmp_path / folder) for folder in "abc"]
    emulator.control.advance(IMPORT_SECONDS)
    errors = [shown(call, host, number, "status", "error") for number in numbers]
    assert [status for status, _ in errors] == ["Failed"] * 3
    assert "not a readable Parquet file" in errors[0][1]
    assert errors[1][1] == "0.parquet: missing column 'values'."
    assert errors[2][1] == "There is no namespace with a Parquet file in the import directory."


def test_an_unknown_import_is_not_found_and_an_integrated_index_takes_none(call, films):
    host = call.dense_index()
    assert call("GET", f"{host}/bulk/imports/9").status_code == 404
    assert call("DELETE", f"{host}/bulk/imports/x").status_code == 404
    refused = call("POST", f"{call.model_index()}/bulk/imports", {"uri": str(films)})
    assert refused.status_code == 400
    assert "integrated embedding" in refused.json()["message"]


def test_an_import_can_be_made_to_fail_or_be_held(call, emulator, films):
    host = call.dense_index()
    emulator.control.next("import", "fail")
    failing = begin(call, host, films)
    emulator.control.next("import", "hold")
    held = begin(call, host, films)
    emulator.control.advance(10 * IMPORT_SECONDS)
    assert [shown(call, host, number, "status")[0] for number in (failing, held)] == ["Failed", "Pending"]
    assert call("POST", "/_emulator/release").status_code == 204
    assert shown(call, host, held, "status") == ["Completed"]


def test_imports_stay_within_the_directory_they_are_given(films):
    # Settings name it; a server reachable by others must be given one.
    assert folder_of("french", films) == films / "french"
    for outside in ("/etc", "../", (films.parent).as_uri()):
        with pytest.raises(InvalidArgumentError, match="Imports are read from"):
            folder_of(outside, Path(films))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "error"),
    [
        ((10_001, 1, 0), "An import may have at most 10000 namespaces, this one has 10001."),
        ((1, 100_001, 0), "An import may have at most 100000 files, this one has 100001."),
        ((1, 1, 10_000_000_001), "n0/0.parquet: a file may have at most 10 GB."),
    ],
)
def test_an_import_larger_than_the_service_takes_fails(call, emulator, tmp_path, size, error):
    namespaces, files, length = size
    for number in range(namespaces):
        folder = tmp_path / f"n{number}"
        folder.mkdir()
        for name in range(files):
            (folder / f"{name}.parquet").touch()
    with (folder / "0.parquet").open("wb") as file:
        file.truncate(length)
    host = call.dense_index()
    import_id = begin(call, host, tmp_path)
    emulator.control.advance(IMPORT_SECONDS)
    assert shown(call, host, import_id, "status", "error") == ["Failed", error]
