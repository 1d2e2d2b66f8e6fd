from __future__ import annotations

import pytest

from actions.shared import bulk
from bridge import errors, files
from bridge.models import File
from bridge.plugin import JSON
from bridge.runtime import Runtime
from tests.actions.conftest import RunAction

SHEET = {
    "index": "articles-example",
    "namespace": "sheet",
    "header": ["key", "body"],
    "rows": [["a", "Backups are copies."], ["b", "Restoring takes minutes."], ["c", "Imports take hours."]],
    "text_columns": ["body"],
}
KEYED = {**SHEET, "id_column": "key"}
PLACED = {**KEYED, "header": ["key", "body", "where"], "namespace_column": "where"}
DONE = {"confirm": "articles-example"}
LESS = SHEET["rows"][:1]


def ids(run_action: RunAction, namespace: str = "sheet") -> list[str]:
    listed: list[str] = run_action("list_vectors", {"index": "articles-example", "namespace": namespace})[
        "ids"
    ]
    return listed


def test_rows_that_are_gone_are_counted_first_and_deleted_when_confirmed(run_action: RunAction) -> None:
    run_action("upsert_rows", KEYED)
    less = {**KEYED, "rows": LESS}
    asked, before = run_action("delete_absent_rows", less), ids(run_action)
    done = run_action("delete_absent_rows", {**less, **DONE})
    assert (asked["would_delete"]["record_count"], before, done["deleted_count"], ids(run_action)) == (
        2, ["a", "b", "c"], 2, ["a"],
    )  # fmt: skip


def test_what_something_else_wrote_stays(run_action: RunAction) -> None:
    run_action("upsert_rows", KEYED)
    by_hand = {
        "index": "articles-example",
        "namespace": "sheet",
        "records": [{"_id": "z", "text": "By hand."}],
    }
    run_action("upsert_records", by_hand)
    run_action("delete_absent_rows", {**KEYED, "rows": LESS, **DONE})
    assert ids(run_action) == ["a", "z"]


def test_a_row_that_was_changed_leaves_nothing_behind_where_ids_are_made_of_content(
    run_action: RunAction,
) -> None:
    run_action("upsert_rows", SHEET)
    changed = {**SHEET, "rows": [["a", "Backups are whole copies."], *SHEET["rows"][1:]]}
    run_action("upsert_rows", changed)
    before = len(ids(run_action))
    done = run_action("delete_absent_rows", {**changed, **DONE})
    again = run_action("upsert_rows", changed)
    assert (before, done["deleted_count"], len(ids(run_action)), again["unchanged_count"]) == (4, 1, 3, 3)


def test_a_row_that_is_rejected_keeps_its_record(run_action: RunAction) -> None:
    run_action("upsert_rows", KEYED)
    bad = {**KEYED, "rows": [["a", "Backups are copies."], ["b", ""]]}
    done = run_action("delete_absent_rows", {**bad, **DONE})
    assert (done["deleted_count"], ids(run_action)) == (1, ["a", "b"])


@pytest.mark.parametrize(
    ("order", "pointer"),
    [
        ({**KEYED, "rows": [["a", "x"], ["", "y"]]}, "/rows/1"),
        ({**SHEET, "rows": [["a", "x"], ["b", ""]]}, "/rows/1"),
        ({**KEYED, "id_column": "nothing"}, "/id_column"),
        ({**PLACED, "rows": [["a", "x", "sheet"], ["b", "y", "šheet"]]}, "/rows/1"),
        ({**PLACED, "rows": [["a", "x", "sheet"], ["b", "y", "s" * 513]]}, "/rows/1"),
        ({name: part for name, part in KEYED.items() if name != "rows"}, ""),
    ],
)
def test_nothing_is_deleted_while_it_cannot_be_told_what_the_rows_are(
    run_action: RunAction, order: JSON, pointer: str
) -> None:
    run_action("upsert_rows", KEYED)
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("delete_absent_rows", {**order, **DONE})
    assert (caught.value.errors[0].pointer, ids(run_action)) == (pointer, ["a", "b", "c"])


def test_namespaces_that_no_row_names_are_left_alone(run_action: RunAction) -> None:
    run_action("upsert_rows", KEYED)
    run_action("upsert_rows", {**KEYED, "namespace": "other"})
    run_action("delete_absent_rows", {**KEYED, "rows": LESS, **DONE})
    assert (ids(run_action), ids(run_action, "other")) == (["a"], ["a", "b", "c"])


def test_the_table_may_be_a_file(
    runtime: Runtime, run_action: RunAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PIECE", 2)
    order = {"index": "docs-example", "namespace": "sheet", "id_column": "id", "vector_column": "vector"}
    lines = [f'row-{number},"1, 2, {number}"' for number in range(1, 8)]
    for kept, deleted in ((7, None), (5, 2)):
        text = "\n".join(["id,vector", *lines[:kept]])
        row = files.store(runtime.database, File(name="rows.csv", kind="csv"), [text.encode()], 1 << 20)
        if deleted is None:
            run_action("upsert_rows", {**order, "file": row.id})
        else:
            done = run_action("delete_absent_rows", {**order, "file": row.id, "confirm": "docs-example"})
            assert done["deleted_count"] == deleted


def test_thousands_go_in_requests_of_1000(run_action: RunAction) -> None:
    order = {"index": "docs-example", "namespace": "sheet", "id_column": "id", "vector_column": "vector"}
    rows = [{"id": f"row-{number}", "vector": [1, 2, 3]} for number in range(2501)]
    run_action("upsert_rows", {**order, "rows": rows})
    done = run_action("delete_absent_rows", {**order, "rows": rows[:1], "confirm": "docs-example"})
    left = run_action("list_vectors", {"index": "docs-example", "namespace": "sheet"})["ids"]
    assert (done["deleted_count"], done["request_count"], left) == (2500, 3, ["row-0"])
