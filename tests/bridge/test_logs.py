from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import orjson
import pytest
import structlog

from bridge import logs
from bridge.config import Settings

SECRETS = {
    "key": "phk_" + "k" * 43,
    "pinecone": "pcsk_abc_DEF123",
    "signing": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "bearer": "Bearer abcdefgh.ijkl",
    "address": "postgresql://user:hunter2@db.example/x",
}
HIDDEN = ("phk_k", "pcsk_", "whsec_M", "abcdefgh", "hunter2")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    yield io.StringIO()
    structlog.reset_defaults()
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)


def configure(stream: io.StringIO, **changes: str) -> None:
    logs.configure(Settings(_env_file=None, **changes), stream=stream)


def fail(secret: str) -> None:
    raise ValueError(f"cannot use {secret}")


def test_production_writes_json_with_the_ids_that_are_bound(stream: io.StringIO) -> None:
    configure(stream)
    with logs.bound(request_id="req_1", run_id="run_1"):
        structlog.get_logger().info("done", count=2)
    line = orjson.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "done", "level": "info", "count": 2, "request_id": "req_1", "run_id": "run_1"}


def test_what_was_bound_ends_with_its_block(stream: io.StringIO) -> None:
    configure(stream)
    with logs.bound(delivery_id="dlv_1"):
        pass
    structlog.get_logger().info("done")
    assert "dlv_1" not in stream.getvalue()


def test_libraries_write_the_same_lines(stream: io.StringIO) -> None:
    configure(stream)
    with logs.bound(connection_id="conn_1"):
        logging.getLogger("some.library").warning("lost %s", "it")
    line = orjson.loads(stream.getvalue())
    assert (line["event"], line["level"], line["connection_id"]) == ("lost it", "warning", "conn_1")


def test_libraries_that_log_each_address_are_heard_only_when_they_warn(stream: io.StringIO) -> None:
    configure(stream)
    logging.getLogger("httpx").info("HTTP Request: POST https://hooks.example/secret")
    assert stream.getvalue() == ""


def test_development_writes_lines_to_read(stream: io.StringIO) -> None:
    configure(stream, env="development")
    structlog.get_logger().info("done", count=2)
    assert "[info     ] done" in stream.getvalue()
    assert "count=2" in stream.getvalue()


def test_the_form_and_the_level_can_be_set(stream: io.StringIO) -> None:
    configure(stream, env="development", log_format="json", log_level="warning")
    structlog.get_logger().info("not this")
    structlog.get_logger().warning("this")
    assert orjson.loads(stream.getvalue())["event"] == "this"


@pytest.mark.parametrize("env", ["production", "development"])
def test_no_secret_is_written_wherever_it_stands(stream: io.StringIO, env: str) -> None:
    configure(stream, env=env)
    log = structlog.get_logger()
    log.info(" ".join(SECRETS.values()))
    log.info("named", password="hunter2", nested={"api_key": "hunter2", "urls": [SECRETS["address"]]})
    log.info("as an object", error=ValueError(SECRETS["key"]))
    logging.getLogger("some.library").error("with %s", SECRETS)
    for logger in (log, logging.getLogger("some.library")):
        try:
            fail(SECRETS["pinecone"])
        except ValueError:
            logger.exception("failed")
    text = stream.getvalue()
    assert [secret for secret in HIDDEN if secret in text] == []
    assert (text.count("cannot use ***"), "postgresql://***@db.example/x" in text) == (2, True)


def test_ids_and_hints_are_no_secrets() -> None:
    line = {"api_key_id": "key_1", "hint": "phk_abcd…", "count": 1, "none": None, "flag": True, "keys": ["a"]}
    assert logs.redacted(line) == line


@pytest.mark.parametrize(
    "secret",
    ["phk_abcdefgh1", "pcsk_a", "pckey_b", "whsec_c", "whpsec_d", "whssec_e", "whsk_f=", "http://me:pw@host/", "redis://me:pw@h",
     "Bearer abc", "bearer abc"],
)  # fmt: skip
def test_a_secret_of_every_look_is_masked(secret: str) -> None:
    assert "***" in logs.redacted(f"before {secret} after")
