"""Owns reading JSON request bodies: every value is taken out by name and type, or refused in the service's words.

A null counts as absent. Malformed JSON is 400; JSON of the wrong shape is 422 on the control plane and inference,
400 on the data plane.
"""

from __future__ import annotations

from typing import Any, TypeVar

import orjson

from pinecone_emulator.errors import ApiError, InvalidArgumentError, UnprocessableError

T = TypeVar("T")

NAMES = {
    str: "a string",
    int: "an integer",
    bool: "a boolean",
    dict: "an object",
    list: "a list",
    float: "a number",
}


def parse_object(body: bytes, *, empty_is_object: bool = False) -> dict[str, Any]:
    """Read a JSON object; raise InvalidArgumentError for anything else."""
    if not body and empty_is_object:
        return {}
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidArgumentError(f"Failed to parse the request body as JSON: {error!s:.200}") from error
    if not isinstance(data, dict):
        raise InvalidArgumentError("Failed to parse the request body as JSON: an object is expected.")
    return data


class Payload:
    """One JSON object of a request; `path` names it in messages."""

    def __init__(
        self,
        data: dict[str, Any],
        *,
        error: type[ApiError] = UnprocessableError,
        path: str = "",
        length: int = 0,
    ) -> None:
        self.data = data
        self._error = error
        self._path = path
        self._length = length

    def text(self, name: str) -> str | None:
        """Return a string, None if absent."""
        return self._get(name, str)

    def boolean(self, name: str) -> bool | None:
        """Return a boolean, None if absent."""
        return self._get(name, bool)

    def integer(self, name: str) -> int | None:
        """Return an integer, None if absent; a whole float counts."""
        value = self.data.get(name)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return self._get(name, int)

    def number(self, name: str) -> float | None:
        """Return a number, None if absent."""
        value = self.data.get(name)
        return float(value) if type(value) is int else self._get(name, float)

    def object(self, name: str) -> Payload | None:
        """Return an object, None if absent."""
        value = self._get(name, dict)
        return (
            None
            if value is None
            else Payload(value, error=self._error, path=self._full(name), length=self._length)
        )

    def plain_object(self, name: str) -> dict[str, Any] | None:
        """Return an object as it is, None if absent."""
        return self._get(name, dict)

    def items(self, name: str) -> list[Any] | None:
        """Return a list, None if absent."""
        return self._get(name, list)

    def texts(self, name: str) -> list[str] | None:
        """Return a list of strings, None if absent."""
        values = self._get(name, list)
        for value in values or []:
            if not isinstance(value, str):
                raise self._wrong(name, "a list of strings", value)
        return values

    def text_map(self, name: str) -> dict[str, str] | None:
        """Return an object of strings, None if absent."""
        values = self._get(name, dict)
        for value in (values or {}).values():
            if not isinstance(value, str):
                raise self._wrong(name, "an object of strings", value)
        return values

    def choice(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """Return one of the allowed strings, None if absent; another string is an InvalidArgumentError."""
        value = self.text(name)
        if value is not None and value not in allowed:
            raise InvalidArgumentError(
                f"Bad request. Invalid value for {self._full(name)}: {value[:80]!r}. Must be one of {', '.join(allowed)}."
            )
        return value

    def only(self, *names: str) -> None:
        """Refuse a body that has a field of another name."""
        for name in self.data:
            if name not in names:
                raise UnprocessableError(
                    "Failed to deserialize the JSON body into the target type: "
                    f"unknown field `{self._full(name)[:80]}`, expected one of `{'`, `'.join(names)}` "
                    f"at line 1 column {self._length}"
                )

    def need(self, name: str, value: T | None) -> T:
        """Return the value read under this name, or refuse the body because it is absent."""
        if value is not None:
            return value
        if self._error is UnprocessableError:
            raise UnprocessableError(
                "Failed to deserialize the JSON body into the target type: "
                f"missing field `{self._full(name)}` at line 1 column {self._length}"
            )
        raise self._error(f"Bad request. The field {self._full(name)} is required.")

    def _get(self, name: str, kind: type[T]) -> T | None:
        value = self.data.get(name)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self._wrong(name, NAMES[kind], value)
        return value

    def _wrong(self, name: str, expected: str, value: Any) -> ApiError:
        if self._error is UnprocessableError:
            return UnprocessableError(
                "Failed to deserialize the JSON body into the target type: "
                f"{self._full(name)}: invalid type, expected {expected} at line 1 column {self._length}"
            )
        return self._error(
            f"Bad request. The field {self._full(name)} must be {expected}, got {value!r:.80}."
        )

    def _full(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name
