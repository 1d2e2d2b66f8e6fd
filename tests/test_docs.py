"""The docs name everything a user meets: what is new fails here until it is documented."""

from __future__ import annotations

import re
from pathlib import Path

import click
from click.testing import CliRunner
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bridge import registry
from bridge.cli import main
from bridge.config import Settings

ROOT = Path(__file__).parent.parent


def first_column(page: str) -> list[str]:
    """The names in code style that begin the rows of a page's tables."""
    return re.findall(r"^\| `([^`]+)`", (ROOT / "docs" / page).read_text(), re.MULTILINE)


def pages(subject: str) -> str:
    """A subject's page in docs/ and those in its folder."""
    found = [ROOT / f"docs/{subject}.md", *sorted((ROOT / "docs" / subject).glob("*.md"))]
    return "\n".join(page.read_text() for page in found)


def setting(name: str, field: FieldInfo) -> str:
    """A setting's row in docs/settings.md."""
    default = field.default
    shown = default.get_secret_value() if isinstance(default, SecretStr) else str(default or "")
    return f"| `{field.alias or f'PINEHOOK_{name.upper()}'}` | {f'`{shown}`' if shown else ''} | {field.description} |"


def test_every_setting_is_documented_with_its_default() -> None:
    rows = [line for line in (ROOT / "docs/settings.md").read_text().splitlines() if line.startswith("| `")]
    assert rows == [setting(name, field) for name, field in Settings.model_fields.items()]


def test_every_command_is_documented() -> None:
    documented = sorted({name.split()[0].rstrip(",") for name in first_column("cli.md")})
    assert documented == main.list_commands(click.Context(main))


def test_every_event_type_is_documented() -> None:
    text = pages("triggers")
    assert [name for name in registry.load().event_types if f"`{name}`" not in text] == []


def test_the_pages_of_the_triggers_are_as_their_schemas_say() -> None:
    result = CliRunner().invoke(main, ["docs", "--check"])
    assert (result.exit_code, result.output) == (0, "")


def test_every_action_is_documented() -> None:
    text = pages("actions")
    assert [
        name for name in registry.load().actions if f"`{name}`" not in text and f"# {name}" not in text
    ] == []


def test_every_file_of_the_bridge_has_its_place_in_the_architecture() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    files = [path.stem for path in (ROOT / "bridge").glob("*.py") if not path.stem.startswith("__")]
    assert [name for name in sorted(files) if f"`{name}" not in text] == []


def test_links_between_the_docs_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")]
    links = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert links == []


def test_the_env_example_names_only_settings() -> None:
    fields = Settings.model_fields
    known = {field.alias or f"PINEHOOK_{name.upper()}" for name, field in fields.items()}
    named = set(re.findall(r"^#?\s?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named - known == set()
