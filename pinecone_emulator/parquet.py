"""Owns the reading of an import's directory: a folder a namespace, in each the Parquet files with its records.

Columns as in the docs, "Import data": `id`, `values`, `sparse_values` and `metadata`, a JSON object as a string.
pyarrow does it, which is an extra: `pip install 'pinehook[imports]'`.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import orjson

from pinecone_emulator import limits
from pinecone_emulator.errors import InvalidArgumentError, UnimplementedError
from pinecone_emulator.names import internal_namespace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 500
NEEDED = {"dense": "values", "sparse": "sparse_values"}


def folder_of(uri: str, root: Path) -> Path:
    """Return the directory a URI names: file://, or a path; it must lie in `root`.

    Raises UnimplementedError for object storage, InvalidArgumentError for what is no directory there.
    """
    parts = urlsplit(uri)
    if parts.scheme in {"s3", "gs", "https", "http"}:
        raise UnimplementedError(f"startBulkImport from {parts.scheme}://")
    if parts.scheme not in {"", "file"} or parts.netloc not in {"", "localhost"} or "\0" in unquote(uri):
        raise InvalidArgumentError(
            f"Bad request. Unsupported import URI {uri[:80]!r}: a local directory or a file:// URI is expected."
        )
    folder = (root / (unquote(parts.path) if parts.scheme else uri)).resolve()
    if not folder.is_relative_to(root.resolve()):
        raise InvalidArgumentError(f"Bad request. Imports are read from {root} only.")
    try:
        found = folder.is_dir()
    except OSError:
        found = False
    if not found:
        raise InvalidArgumentError(
            f"Bad request. There is no directory {str(folder)[:200]!r} to import from."
        )
    return folder


def namespaces_in(folder: Path) -> dict[str, list[Path]]:
    """Return the namespaces of an import directory with their files.

    Raises InvalidArgumentError for their names, and for more than the service takes.
    """
    read = {
        internal_namespace(each.name): sorted(each.rglob("*.parquet"))
        for each in sorted(folder.iterdir())
        if each.is_dir()
    }
    found = {name: files for name, files in read.items() if files}
    counts = {"namespaces": len(found), "files": sum(map(len, found.values()))}
    for what, most in (("namespaces", limits.IMPORT_NAMESPACES), ("files", limits.IMPORT_FILES)):
        if counts[what] > most:
            raise InvalidArgumentError(
                f"An import may have at most {most} {what}, this one has {counts[what]}."
            )
    for path in chain.from_iterable(found.values()):
        if path.stat().st_size > limits.IMPORT_FILE_BYTES:
            raise InvalidArgumentError(f"{path.relative_to(folder)}: a file may have at most 10 GB.")
    return found


def rows_of(path: Path, vector_type: str) -> Iterator[list[dict[str, Any]]]:
    """Return a file's rows in parts, each like a vector of an upsert, `values` being a numpy array.

    Raises InvalidArgumentError for a file that cannot be read or lacks a column.
    """
    # Here and not above: it takes long to load, and few import.
    from pyarrow import ArrowException  # noqa: PLC0415 - see above
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - see above

    try:
        with ParquetFile(path) as file:
            names = set(file.schema_arrow.names)
            missing = {"id", NEEDED[vector_type]} - names
            if missing:
                raise InvalidArgumentError(f"{path.name}: missing column {min(missing)!r}.")
            wanted = [name for name in ("id", "values", "sparse_values", "metadata") if name in names]
            for batch in file.iter_batches(ROWS, columns=wanted):
                yield _vectors(batch)
    except (ArrowException, OSError) as error:
        raise InvalidArgumentError(f"{path.name}: not a readable Parquet file ({error!s:.200}).") from error


def _vectors(batch: Any) -> list[dict[str, Any]]:
    columns = {name: batch.column(name) for name in batch.schema.names}
    return [
        {
            "id": columns["id"][place].as_py(),
            "values": _values(columns["values"][place]) if "values" in columns else None,
            "sparseValues": _object(columns["sparse_values"][place]) if "sparse_values" in columns else None,
            "metadata": _object(columns["metadata"][place]) if "metadata" in columns else None,
        }
        for place in range(batch.num_rows)
    ]


def _values(cell: Any) -> Any:
    numbers = getattr(cell, "values", None)
    if numbers is None:
        return cell.as_py()
    try:
        array = numbers.to_numpy()
    except (ValueError, NotImplementedError):  # nulls among them, or no numbers
        return cell.as_py()
    return array if array.dtype.kind in "fiu" else cell.as_py()


def _object(cell: Any) -> Any:
    value = cell.as_py()
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        # What is no JSON is no object either, and refused as such.
        return value
