"""How rows become records: which column is what, and what is wrong with a row. Nothing is sent here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from actions import DEFAULT_NAMESPACE, HASH_FIELD, MAX_METADATA_BYTES, VectorShape
from actions.shared import cells
from actions.shared.cells import Kind
from bridge.errors import Fault
from bridge.plugin import JSON, Numbers

MAX_ID: Final = 512


class Misfit(Exception):
    """A row that cannot be a record: which column, and why."""

    def __init__(self, column: str | None, why: str) -> None:
        super().__init__(why)
        self.column = column


class WrongLength(Misfit):
    """Its vector is not of the index's dimension."""


@dataclass(slots=True)
class Record:
    """A row: the record it becomes and its outcome, upserted, unchanged or rejected (column, why)."""

    place: int
    id: str = ""
    namespace: str = ""
    text: str | None = None
    values: Numbers | None = None
    metadata: JSON = field(default_factory=dict)
    hash: str = ""
    outcome: str = "upserted"
    column: str | None = None
    why: str | None = None
    wrong_length: bool = False

    def told(self) -> JSON:
        """Return it as the action's output has it."""
        return {
            "row": self.place,
            "id": self.id or None,
            "namespace": self.namespace or None,
            "outcome": self.outcome,
            "column": self.column,
            "message": self.why,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Which column is what. text_field: where the text is kept; model: what embeds it, part of the hash."""

    order: JSON
    shape: VectorShape
    text_field: str
    model: str
    kinds: dict[str, Kind]
    metadata_columns: tuple[str, ...]

    def record(self, place: int, row: JSON | Misfit) -> Record:
        """Return the record of a row, rejected where it cannot be one."""
        record = Record(place)
        try:
            if isinstance(row, Misfit):
                raise row
            self._fill(record, row)
        except Misfit as misfit:
            record.outcome, record.column, record.why = "rejected", misfit.column, str(misfit)
            record.wrong_length = isinstance(misfit, WrongLength)
        return record

    def _fill(self, record: Record, row: JSON) -> None:
        order = self.order
        named = order.get("namespace_column")
        told = (
            cells.written(row[named]) if named and not cells.is_empty(row.get(named)) else order["namespace"]
        )
        record.namespace = told or DEFAULT_NAMESPACE
        if "id_column" in order:
            record.id = _id(row.get(order["id_column"]), order["id_column"])
        if not is_namespace(record.namespace):
            raise Misfit(named, "is no namespace: up to 512 ASCII characters")
        record.metadata = {
            name: value for name in self.metadata_columns if (value := self._value(row, name)) is not None
        }
        packed = b""
        if columns := order.get("text_columns"):
            parts = [cells.written(row[name]) for name in columns if not cells.is_empty(row.get(name))]
            if not parts:
                raise Misfit(columns[0], "is empty: there is no text to embed")
            record.text = "\n".join(parts)
            record.metadata[self.text_field] = record.text
        else:
            record.values, packed = self._vector(row, order["vector_column"])
        if len(orjson.dumps(record.metadata)) > MAX_METADATA_BYTES:
            raise Misfit(None, "has more than 40 KB of metadata")
        content = [record.text, record.metadata]
        record.hash = _hashed([*content, self.model], packed)
        record.id = record.id or _hashed(content, packed)
        record.metadata[HASH_FIELD] = record.hash

    def _value(self, row: JSON, column: str) -> Any:
        if cells.is_empty(row.get(column)):
            return None
        try:
            return cells.coerced(row[column], self.kinds[column])
        except ValueError as error:
            raise Misfit(column, str(error)) from None

    def _vector(self, row: JSON, column: str) -> tuple[Numbers, bytes]:
        if cells.is_empty(row.get(column)):
            raise Misfit(column, "is empty: there is no vector")
        try:
            values, packed = cells.numbers(row[column])
        except ValueError as error:
            raise Misfit(column, str(error)) from None
        if self.shape.dimension and len(values) != self.shape.dimension:
            told = f"has {len(values)} numbers; the index has dimension {self.shape.dimension}"
            raise WrongLength(column, told)
        return values, packed


def is_namespace(name: str) -> bool:
    """Whether a namespace may be called so."""
    return name.isascii() and len(name) <= MAX_ID and "\0" not in name


def table(header: Sequence[str] | None, rows: Iterable[Any]) -> Iterator[JSON | Misfit]:
    """Return each row by its columns; one that has no such shape is a Misfit."""
    for row in rows:
        if isinstance(row, dict):
            yield row
        elif header is None:
            yield Misfit(None, "is a list of cells; give a header, or rows that are objects")
        elif len(row) > len(header):
            yield Misfit(None, f"has {len(row)} cells; the header has {len(header)}")
        else:
            yield dict(zip(header, row, strict=False))


def rejections(records: Sequence[Record]) -> Iterator[Fault]:
    """Tell which rows cannot be records."""
    for each in records:
        if each.outcome == "rejected":
            yield Fault(f"/rows/{each.place}/{each.column or ''}".rstrip("/"), str(each.why))


def mark_repeated(records: Sequence[Record], order: JSON) -> None:
    """Reject rows that have the id of one before; where the id is made of the content, they change nothing."""
    seen: dict[tuple[str, str], Record] = {}
    for each in records:
        if each.outcome == "rejected" or (first := seen.setdefault((each.namespace, each.id), each)) is each:
            continue
        if "id_column" in order:
            each.outcome, each.column = "rejected", order["id_column"]
            each.why = f"is the id of row {first.place} too"
        else:  # the same content again
            each.outcome = "unchanged"


def planned(order: JSON, shape: VectorShape, own_field: str | None, rows: Sequence[JSON | Misfit]) -> Plan:
    """Return which column is what; types that are not declared are inferred from all rows."""
    proper = [row for row in rows if not isinstance(row, Misfit)]
    columns = [*dict.fromkeys([*order.get("header", ()), *(name for row in proper for name in row)])]
    taken = {order.get(name) for name in ("id_column", "vector_column", "namespace_column")}
    taken |= set(order.get("text_columns", ()))
    metadata = tuple(
        order.get("metadata_columns", [name for name in columns if name not in taken | {HASH_FIELD}])
    )
    declared = order.get("types", {})
    kinds = {name: declared.get(name) or cells.inferred(row.get(name) for row in proper) for name in metadata}
    embed = {"index": own_field} if own_field else order.get("embed", {})
    field_name = own_field or order.get("text_field", "text")
    return Plan(order, shape, field_name, json.dumps(embed, sort_keys=True), kinds, metadata)


def faults(order: JSON, shape: VectorShape, own_field: str | None, columns: set[str]) -> Iterator[Fault]:
    """Tell what of an order does not go together, or names a column that no row has."""
    if shape.vector_type == "sparse":
        yield Fault("/index", "is sparse: upsert_vectors writes there")
    if ("text_columns" in order) == ("vector_column" in order):
        yield Fault("", "needs exactly one of text_columns and vector_column")
    elif "vector_column" in order and "embed" in order:
        yield Fault("/embed", "does not go with vector_column: the vectors are there already")
    elif "text_columns" in order and own_field and "embed" in order:
        yield Fault("/embed", "does not go with an integrated index, whose own model embeds")
    elif "text_columns" in order and not own_field and "embed" not in order:
        yield Fault("/embed", "is required: the index has no model of its own")
    single = [
        (f"/{name}", order[name])
        for name in ("id_column", "vector_column", "namespace_column")
        if name in order
    ]
    several = [(f"/{name}/{place}", column) for name in ("text_columns", "metadata_columns")
               for place, column in enumerate(order.get(name, ()))]  # fmt: skip
    for pointer, column in single + several + [(f"/types/{name}", name) for name in order.get("types", ())]:
        if column not in columns:
            yield Fault(pointer, f"names no column; the columns are: {', '.join(sorted(columns)[:20])}")
    kept = set(order.get("metadata_columns", columns - {order.get("id_column")}))
    if any(column.startswith("$") for column in kept):
        yield Fault("/rows", "have a column whose name begins with $, which Pinecone does not take")
    if own_field and kept & {"id", "_id"}:
        yield Fault("/rows", "have a column id: name it as id_column, or leave it out of metadata_columns")


def _id(cell: Any, column: str) -> str:
    if cells.is_empty(cell):
        raise Misfit(column, "is empty: there is no id")
    name = cells.written(cell)
    if not name.isascii() or len(name) > MAX_ID or "\0" in name:
        raise Misfit(column, "is no id: up to 512 ASCII characters")
    return name


def _hashed(content: Any, packed: bytes) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS) + packed).hexdigest()[:32]
