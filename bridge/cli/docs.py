"""`docs`: the pages of docs/triggers/ and docs/actions/, written from the schemas: one a trigger, one an action."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import click
import orjson

from bridge import documenting, registry
from bridge.contract import Checker
from bridge.plugin import JSON
from bridge.registry import ROOT, EventType, TriggerPlugin

PLACE: Final = ROOT / "docs/triggers"
MADE: Final = "<!-- Written by `make docs` from schemas/watches and schemas/events. -->"
OWN: Final = "What the bridge tells of itself"


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when a page is not as it would be written.")
def command(*, check: bool) -> None:
    """Write docs/triggers/ and docs/actions/ from the schemas."""
    pages = {PLACE / f"{name}.md": text for name, text in _pages()} | documenting.pages()
    wrong = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    extra = sorted({*PLACE.glob("*.md"), *documenting.PAGES.glob("*.md")} - set(pages))
    if check and (wrong or extra):
        names = ", ".join(str(path.relative_to(ROOT)) for path in [*wrong, *extra])
        raise click.ClickException(f"not as `make docs` writes them: {names}")
    if check:
        return
    for place in (PLACE, documenting.PAGES):
        place.mkdir(exist_ok=True)
    for path in wrong:
        path.write_text(pages[path])
    for path in extra:
        path.unlink()
    click.echo(f"{len(wrong)} written, {len(extra)} removed, {len(pages)} in all")


def _pages() -> Iterator[tuple[str, str]]:
    found = registry.load()
    for trigger in found.triggers.values():
        types = [found.event_types[name] for name in trigger.events]
        yield trigger.kind, _page(trigger.title, [*_about(trigger), *_options(trigger.options)], types)
    own = [known for known in found.event_types.values() if known.trigger is None]
    told = "No trigger finds these: they are written in the transaction that changes what they tell of."
    yield "bridge", _page(OWN, [told, ""], own)


def _page(title: str, about: Sequence[str], types: Sequence[EventType]) -> str:
    lines = [f"# {title}", "", MADE, "", *about, "## Events", ""]
    for known in types:
        lines += [
            f"### `{known.name}`",
            "",
            known.description,
            "",
            "| `data` | type | means |",
            "|---|---|---|",
        ]
        lines += _fields(known.data)
        example = orjson.dumps(known.example, option=orjson.OPT_INDENT_2).decode()
        lines += ["", "```json", example, "```", ""]
    return "\n".join(lines)


def _about(trigger: TriggerPlugin) -> Iterator[str]:
    yield from (f"Trigger `{trigger.kind}`. {trigger.description}", "")
    for note in trigger.notes:
        yield from (note, "")
    match trigger.deleted_after_seconds:
        case None:
            yield "- Never taken for deleted: not to be seen proves nothing here."
        case 0:
            yield "- Gone at the first complete look that does not find it."
        case seconds:
            yield f"- Gone when it was not found for {seconds} seconds, over at least two complete looks."
    if trigger.own_rows:
        yield "- What is told depends on the options: each watch remembers and tells for itself."
    if trigger.needs_admin:
        yield "- Asks as the organization's service account: only connections that have one are watched."
    yield ""


def _options(options: Checker) -> Iterator[str]:
    yield from ("## Options", "", "| option | type | default | means |", "|---|---|---|---|")
    required = options.schema.get("required", ())
    for name, part in _properties(options):
        default = "required" if name in required else _shown(part["default"]) if "default" in part else ""
        yield f"| `{name}` | {_type(part)} | {default} | {_cell(part.get('description', ''))} |"
    yield ""


def _fields(data: Checker) -> Iterator[str]:
    for name, part in _properties(data):
        yield f"| `{name}` | {_type(part)} | {_cell(part.get('description') or part.get('title') or '')} |"


def _properties(checker: Checker) -> Iterator[tuple[str, JSON]]:
    """Yield the properties of a schema, each with what it refers to; what stands beside a reference goes first."""
    for name, part in _followed(checker.bundled, checker.bundled).get("properties", {}).items():
        yield name, _followed(part, checker.bundled)


def _followed(part: Any, root: JSON) -> JSON:
    known: JSON = dict(part) if isinstance(part, dict) else {}
    while (reference := known.pop("$ref", None)) is not None:
        known = {**root["$defs"][reference.removeprefix("#/$defs/")], **known}
    return known


def _type(part: JSON) -> str:
    kind = part.get("type", "any")
    words = " or ".join([kind] if isinstance(kind, str) else kind)
    return f"{words}: {', '.join(map(_shown, part['enum']))}" if "enum" in part else words


def _shown(value: Any) -> str:
    return f"`{orjson.dumps(value).decode()}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
