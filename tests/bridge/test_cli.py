from __future__ import annotations

import fcntl
import re
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from bridge import registry
from bridge.cli import main
from pinecone_emulator import Emulator


class CommandLine:
    """`python -m bridge` on a data directory of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def __call__(self, *arguments: str, given: str | None = None) -> Result:
        return CliRunner(env=self.environment).invoke(main, arguments, input=given)

    def says(self, *arguments: str) -> str:
        result = self(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def bridge(tmp_path: Path, pinecone_emulator: Emulator) -> CommandLine:
    line = CommandLine(
        {
            "PINEHOOK_ENV": "development",
            "PINEHOOK_DATA_DIR": str(tmp_path),
            "PINEHOOK_EMULATOR_URL": pinecone_emulator.url,
        }
    )
    assert line("migrate").exit_code == 0
    return line


def test_migrating_twice_changes_nothing(bridge: CommandLine) -> None:
    assert bridge.says("migrate") == bridge.says("migrate")


def test_a_key_is_made_listed_and_revoked(bridge: CommandLine) -> None:
    key = bridge.says("keys", "create", "--name", "zapier", "--scope", "read").strip()
    [line] = bridge.says("keys", "list").splitlines()
    key_id = line.split()[0]
    revoked = bridge.says("keys", "revoke", key_id)
    assert (bool(re.fullmatch(r"phk_[\w-]{43}", key)), key in line, "zapier" in line, revoked.strip()) == (
        True, False, True, f"{key_id} is revoked",
    )  # fmt: skip


def test_an_action_runs_and_prints_its_output(bridge: CommandLine) -> None:
    assert orjson.loads(bridge.says("run", "list_indexes", "-i", "{}"))["indexes"] == []


def test_an_action_reads_its_input_from_stdin(bridge: CommandLine) -> None:
    result = bridge("run", "list_indexes", "-f", "-", given="{}")
    assert (result.exit_code, orjson.loads(result.stdout)["indexes"]) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "fly", "-i", "{}"], "Error: unknown_action: there is no action 'fly'"),
        (["run", "list_indexes", "-i", "{"], "Error: not_json: the input is not JSON"),
        (
            ["run", "list_indexes", "-i", '{"x": 1}'],
            "Error: invalid_input: the input: /x is not a field here",
        ),
        (["actions", "fly"], "Error: unknown_action: there is no action 'fly'"),
        (["keys", "revoke", "key_x"], "Error: not_found"),
        (["poll", "watch_x"], "Error: not_found"),
    ],
)
def test_a_mistake_ends_in_one_sentence(bridge: CommandLine, arguments: list[str], told: str) -> None:
    result = bridge(*arguments)
    assert (result.exit_code, result.stderr[: len(told)]) == (1, told)


def test_a_poll_says_what_it_saw(bridge: CommandLine) -> None:
    lines = bridge.says("poll").splitlines()
    triggers = registry.load().triggers.items()
    ready_made = [name for name, each in triggers if "required" not in each.options.schema]
    assert sorted(line.split(":")[0].split(" ")[1] for line in lines) == [
        f"({name})" for name in sorted(ready_made)
    ]


def test_the_lists_name_every_plug_in(bridge: CommandLine) -> None:
    assert ("upsert_vectors" in bridge.says("actions"), "index.ready" in bridge.says("triggers")) == (
        True,
        True,
    )


def test_an_action_s_schema_is_printed_whole(bridge: CommandLine) -> None:
    shown = orjson.loads(bridge.says("actions", "query_vectors"))
    assert (sorted(shown), "index" in shown["input"]["properties"]) == (["examples", "input", "output"], True)


def test_the_doctor_finds_what_is_missing_and_says_what_to_do(bridge: CommandLine) -> None:
    result = bridge("doctor")
    words = {line.split(":")[0] for line in result.stdout.splitlines()}
    assert (result.exit_code, words, "run: python -m bridge work" in result.stdout) == (
        1,
        {"ok    database", "ok    migrations", "ok    connection", "ok    clock", "SICK  worker"},
        True,
    )


@pytest.mark.parametrize("changed", ["PINECONE_API_KEY", "PINEHOOK_EMULATOR_URL"])
def test_the_doctor_finds_a_default_connection_that_the_settings_have_left(
    bridge: CommandLine, changed: str
) -> None:
    told = CommandLine({**bridge.environment, changed: "http://127.0.0.1:1"})("doctor").stdout
    sick = [line for line in told.splitlines() if line.startswith("SICK  connection")]
    assert [line.endswith("or run: python -m bridge migrate") for line in sick] == [True]


def test_the_doctor_says_that_without_a_key_it_is_the_emulator_that_does_not_answer(
    bridge: CommandLine,
) -> None:
    nobody = CommandLine({**bridge.environment, "PINEHOOK_EMULATOR_URL": "http://127.0.0.1:1"})
    nobody("migrate")
    told = [line for line in nobody("doctor").stdout.splitlines() if line.startswith("SICK  connection")]
    assert [line.endswith("because PINECONE_API_KEY is not set") for line in told] == [True]


def test_the_doctor_names_a_database_that_was_not_migrated(tmp_path: Path) -> None:
    result = CommandLine({"PINEHOOK_ENV": "development", "PINEHOOK_DATA_DIR": str(tmp_path)})("doctor")
    sick = [line for line in result.stdout.splitlines() if line.startswith("SICK")]
    assert (result.exit_code, len(sick), {line.split("; ")[-1] for line in sick}) == (
        1,
        3,
        {"run: python -m bridge migrate"},
    )


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://127.0.0.1:1/nowhere", "Connection refused"),
        ("sqlite:///{file}", "file is not a database"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_with_what_to_do(tmp_path: Path, url: str, told: str) -> None:
    file = tmp_path / "note.txt"
    file.write_text("This is no database, but a note that is longer than its header would be.")
    line = CommandLine(
        {
            "PINEHOOK_ENV": "development",
            "PINEHOOK_DATA_DIR": str(tmp_path),
            "DATABASE_URL": url.format(file=file),
        }
    )
    sick = [row for row in line("doctor").stdout.splitlines() if row.startswith("SICK")]
    alike = {told in row and row.endswith("; look at DATABASE_URL and at its server") for row in sick}
    others = [line(*command) for command in (["migrate"], ["keys", "list"], ["run", "list_indexes"])]
    assert (len(sick), alike) == (5, {True})
    assert {
        (each.exit_code, told in each.stderr, "look at DATABASE_URL" in each.stderr) for each in others
    } == {(1, True, True)}


def test_a_data_directory_that_cannot_be_is_told_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    result = CommandLine({"PINEHOOK_ENV": "development", "PINEHOOK_DATA_DIR": str(file)})("migrate")
    assert (result.exit_code, result.stderr.strip()) == (1, f"Error: {file} cannot be used: File exists")


def test_production_without_a_secret_key_is_told_how_to_make_one(tmp_path: Path) -> None:
    result = CommandLine({"PINEHOOK_ENV": "production", "PINEHOOK_DATA_DIR": str(tmp_path)})("migrate")
    assert (result.exit_code, "python -m bridge secret-key" in result.stderr) == (1, True)


def test_a_database_that_was_not_migrated_is_told_how(tmp_path: Path) -> None:
    result = CommandLine({"PINEHOOK_ENV": "development", "PINEHOOK_DATA_DIR": str(tmp_path)})("keys", "list")
    assert (result.exit_code, "run: python -m bridge migrate" in result.stderr) == (1, True)


def test_a_poll_that_fails_ends_with_1(bridge: CommandLine) -> None:
    bridge.environment["PINEHOOK_EMULATOR_API_KEY"] = "pckey_wrong"
    bridge.says("migrate")
    result = bridge("poll")
    assert (result.exit_code, "Pinecone refused the" in result.output) == (1, True), result.output


def test_a_key_is_limited_to_a_connection_by_its_name(bridge: CommandLine) -> None:
    bridge.says("keys", "create", "--name", "n", "--connection", "default")
    refused = bridge("keys", "create", "--name", "n", "--connection", "nope")
    assert (refused.exit_code, refused.stderr[:28]) == (1, "Error: unknown_connection: t")


def test_a_setting_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    result = CommandLine({"PORT": "eighty", "PINEHOOK_DATA_DIR": str(tmp_path)})("migrate")
    assert (result.exit_code, "PORT" in result.stderr) == (1, True)


def test_a_second_start_on_the_same_data_is_refused_before_it_changes_anything(
    bridge: CommandLine, tmp_path: Path
) -> None:
    with (tmp_path / "dev.lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        bridge.environment["PINEHOOK_EMULATOR_URL"] = "http://127.0.0.1:1"
        result = bridge("dev")
    assert (result.exit_code, "another `make run` uses" in result.stderr) == (1, True)


def test_a_busy_port_is_named_with_the_way_out(bridge: CommandLine, pinecone_emulator: Emulator) -> None:
    bridge.environment["PORT"] = str(pinecone_emulator.port)
    result = bridge("dev")
    assert (result.exit_code, f"make run PORT={pinecone_emulator.port + 1}" in result.stderr) == (1, True)
