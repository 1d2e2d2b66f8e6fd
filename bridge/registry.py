"""The registry: finds the plug-ins and their schemas, and refuses those that break the contract.

It is the only importer of `actions/`, `triggers/` and `embedders/`: a new file there is all it takes.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal, cast

import orjson

from bridge import asking
from bridge.contract import Checker
from bridge.errors import SetupError
from bridge.plugin import JSON, Context, Lives, NewEvent, Outbound, Snapshot

ROOT: Final = Path(__file__).resolve().parent.parent
Effect = Literal["read", "write", "delete"]


class PluginError(SetupError):
    """A plug-in breaks the contract; the message names the file and what is missing."""


@dataclass(frozen=True, slots=True)
class ActionPlugin:
    """An action and its schema. `long`: always a background run; `inline_max`: above it one, too.

    notes: what its page says beyond its description.
    touches: the kinds of resource it starts to change; their watches look again soon after it.
    counts: the field of its output that tells how many it wrote or deleted; None for what does one thing.
    once: it is sent without the SDK's retries, because nobody knows whether it may be done twice.
    of_indexes: whether it is about indexes at all: a key that is limited to some may run what is not.
    confirm: the field whose value has the deletion done when it is repeated; None for what deletes nothing.
    needs: tells the scope that an input needs beside the action's own; None where the action's own is all.
    """

    name: str
    title: str
    description: str
    notes: str
    effect: Effect
    scope: str
    long: bool
    inline_max: JSON | None
    touches: tuple[str, ...]
    counts: str | None
    once: bool
    of_indexes: bool
    confirm: str | None
    input: Checker
    output: Checker
    examples: list[JSON]
    run: Callable[[Context, JSON], JSON]
    needs: Callable[[JSON], str] | None
    look: Callable[[Context, JSON], dict[str, JSON]] | None

    def check(self, given: Any) -> JSON:
        """Return an input completed with its defaults. Raises InvalidInput; nothing was done then."""
        checked: JSON = self.input.check(given)
        if self.confirm:
            asking.refuse_another(self.confirm, checked)
        return checked

    def acts(self, checked: JSON) -> bool:
        """Whether a checked input has something changed: a read never does, nor a deletion that only asks."""
        return self.effect != "read" and (self.confirm is None or "confirm" in checked)


@dataclass(frozen=True, slots=True)
class TriggerPlugin:
    """A trigger and the schema of its options; `kind` is its stem, the kind of its resources.

    notes: paragraphs that say more than the description, for the docs.
    own_rows: each watch remembers and tells for itself, because its options decide what there is to tell.
    needs_admin: it asks as the organization's service account.
    """

    kind: str
    title: str
    description: str
    notes: tuple[str, ...]
    events: tuple[str, ...]
    deleted_after_seconds: int | None
    own_rows: bool
    needs_admin: bool
    options: Checker
    snapshot: Callable[[Context, JSON, Lives], Snapshot]
    diff: Callable[[Lives, Lives, JSON], Iterable[NewEvent]]


@dataclass(frozen=True, slots=True)
class EmbedderPlugin:
    """An embedder; `name` is what an `embed` block calls its provider."""

    name: str
    default_model: str
    embed: Callable[[Outbound, Sequence[str], str, str, int | None], list[list[float]]]


@dataclass(frozen=True, slots=True)
class EventType:
    """An event type: what it means, the schema of its `data`, and one whole event as an example.

    trigger: the kind whose trigger finds it, or None when the bridge itself writes it.
    about, shows: which fields of the data a message to people has in its title and below it (bridge.formats.summary).
    """

    name: str
    title: str
    description: str
    trigger: str | None
    data: Checker
    example: JSON
    about: str | None
    shows: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Registry:
    """Every plug-in by name, in the order of names."""

    actions: dict[str, ActionPlugin]
    triggers: dict[str, TriggerPlugin]
    event_types: dict[str, EventType]
    embedders: dict[str, EmbedderPlugin]
    common: dict[str, JSON]


@cache
def load() -> Registry:
    """Import every plug-in and compile every schema, once in a process. Raises PluginError."""
    common = {path.stem: _read(path) for path in sorted((ROOT / "schemas/common").glob("*.json"))}
    actions = {path.stem: _action(path, common) for path in _modules("actions")}
    triggers = {path.stem: _trigger(path, common) for path in _modules("triggers")}
    finder = {name: trigger.kind for trigger in triggers.values() for name in trigger.events}
    event_types = {
        path.stem: _event_type(path, common, finder.get(path.stem))
        for path in sorted((ROOT / "schemas/events").glob("*.json"))
    }
    if missing := sorted(set(finder) - set(event_types)):
        raise PluginError(f"schemas/events/ lacks {', '.join(f'{name}.json' for name in missing)}")
    embedders = {path.stem: _embedder(path) for path in _modules("embedders")}
    return Registry(actions, triggers, event_types, embedders, common)


def _modules(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).glob("*.py") if path.stem != "__init__")


def _action(path: Path, common: dict[str, JSON]) -> ActionPlugin:
    schema = _read(ROOT / "schemas/actions" / f"{path.stem}.json")
    module = importlib.import_module(f"actions.{path.stem}")
    run = _function(module, path, "run", ["context", "input"])
    effect, given, told = (_field(schema, path, name) for name in ("effect", "input", "output"))
    if effect not in ("read", "write", "delete"):
        raise PluginError(f"{_schema(path)}: effect is {effect!r}; it must be read, write or delete")
    confirm = _field(schema, path, "confirm") if effect == "delete" else None
    if confirm:
        preview = _function(module, path, "preview", ["context", "input"])
        run = asking.asking_first(run, preview, confirm, told)
        given, told = asking.input_with_confirm(given, confirm), asking.output_with_preview(told)
    return ActionPlugin(
        name=path.stem,
        title=_field(schema, path, "title"),
        description=_field(schema, path, "description"),
        notes=schema.get("notes", ""),
        effect=cast("Effect", effect),
        scope=schema.get("scope", effect),
        long=schema.get("long", False),
        inline_max=schema.get("inline_max"),
        touches=tuple(schema.get("touches", ())),
        counts=schema.get("counts"),
        once=schema.get("once", hasattr(module, "look")),
        of_indexes=schema.get("of_indexes", True),
        confirm=confirm,
        input=_checker(given, common, _schema(path)),
        output=_checker(told, common, _schema(path)),
        examples=_field(schema, path, "examples"),
        run=run,
        needs=_function(module, path, "needs", ["input"]) if hasattr(module, "needs") else None,
        look=_function(module, path, "look", ["context", "input"]) if hasattr(module, "look") else None,
    )


def _trigger(path: Path, common: dict[str, JSON]) -> TriggerPlugin:
    schema = _read(ROOT / "schemas/watches" / f"{path.stem}.json")
    module = importlib.import_module(f"triggers.{path.stem}")
    for name in ("EVENTS", "DELETED_AFTER_SECONDS"):
        if not hasattr(module, name):
            raise PluginError(f"triggers/{path.name} lacks {name}")
    return TriggerPlugin(
        kind=path.stem,
        title=_field(schema, path, "title"),
        description=_field(schema, path, "description"),
        notes=tuple(schema.get("notes", ())),
        events=module.EVENTS,
        deleted_after_seconds=module.DELETED_AFTER_SECONDS,
        own_rows=getattr(module, "OWN_ROWS", False),
        needs_admin=getattr(module, "NEEDS_ADMIN", False),
        options=_checker(_field(schema, path, "options"), common, _schema(path)),
        snapshot=_function(module, path, "snapshot", ["context", "options", "before"]),
        diff=_function(module, path, "diff", ["before", "after", "options"]),
    )


def _embedder(path: Path) -> EmbedderPlugin:
    module = importlib.import_module(f"embedders.{path.stem}")
    if not isinstance(getattr(module, "DEFAULT_MODEL", None), str):
        raise PluginError(f"embedders/{path.name} lacks DEFAULT_MODEL")
    parameters = ["outbound", "texts", "model", "input_type", "dimension"]
    return EmbedderPlugin(path.stem, module.DEFAULT_MODEL, _function(module, path, "embed", parameters))


def _event_type(path: Path, common: dict[str, JSON], trigger: str | None) -> EventType:
    schema = _read(path)
    told = schema.get("message", {})
    return EventType(
        name=path.stem,
        title=_field(schema, path, "title"),
        description=_field(schema, path, "description"),
        trigger=trigger,
        data=_checker(_field(schema, path, "data"), common, path.name),
        example=_field(schema, path, "example"),
        about=told.get("about"),
        shows=tuple(told["shows"]) if "shows" in told else None,
    )


def _read(path: Path) -> JSON:
    try:
        return cast("JSON", orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        raise PluginError(f"{path.relative_to(ROOT)} is missing") from None
    except orjson.JSONDecodeError as error:
        raise PluginError(f"{path.relative_to(ROOT)} is not JSON: {error}") from error


def _checker(schema: JSON, common: dict[str, JSON], where: str) -> Checker:
    try:
        return Checker(schema, common)
    except KeyError as error:
        raise PluginError(f"{where}: schemas/common/{error.args[0]}.json is missing") from error
    except ValueError as error:
        raise PluginError(f"{where} is no valid JSON Schema: {error}") from error


def _function(module: ModuleType, path: Path, name: str, parameters: list[str]) -> Callable[..., Any]:
    function = getattr(module, name, None)
    wanted = f"{name}({', '.join(parameters)})"
    if not callable(function):
        raise PluginError(f"{path.parent.name}/{path.name} lacks {wanted}")
    if list(inspect.signature(function).parameters) != parameters:
        raise PluginError(f"{path.parent.name}/{path.name}: {name} must be {wanted}")
    return cast("Callable[..., Any]", function)


def _field(schema: JSON, path: Path, name: str) -> Any:
    if name not in schema:
        raise PluginError(f"{_schema(path)} lacks {name!r}")
    return schema[name]


def _schema(path: Path) -> str:
    folder = {"actions": "actions", "triggers": "watches", "events": "events"}[path.parent.name]
    return f"schemas/{folder}/{path.stem}.json"
