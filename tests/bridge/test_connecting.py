from __future__ import annotations

import dataclasses

import pytest
from pydantic import SecretStr
from sqlmodel import select

from bridge import connecting, endpoints, errors, polling, watching
from bridge import running as running_verb
from bridge.access import OPERATOR, Caller
from bridge.config import Settings
from bridge.errors import Fault
from bridge.models import Audit, Connection, Endpoint, Event, Watch
from bridge.runtime import Runtime, running
from pinecone_emulator import Emulator

INDEX = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}


def add(runtime: Runtime, emulator: Emulator, name: str = "second", api_key: str | None = None) -> Connection:
    return connecting.create(
        runtime, OPERATOR, name=name, api_key=api_key or emulator.api_key, host=emulator.url
    )


def ready_made(runtime: Runtime) -> list[str]:
    """The triggers whose options need nothing to be said."""
    known = runtime.registry.triggers.items()
    return sorted(kind for kind, plugin in known if "required" not in plugin.options.schema)


def test_without_a_key_the_default_connection_is_the_emulator(runtime: Runtime, settings: Settings) -> None:
    row = connecting.get(runtime, OPERATOR, None)
    assert (row.name, row.host, row.is_default) == ("default", settings.emulator_url, True)


def test_with_a_key_the_default_connection_is_pinecone_itself(settings: Settings) -> None:
    chosen = settings.model_copy(update={"pinecone_api_key": settings.secret_key})
    with running(chosen) as runtime:
        row = connecting.ensure_default(runtime)
    assert (row.host, row.api_key_hint) == (
        "https://api.pinecone.io",
        f"…{settings.secret_key.get_secret_value()[-4:]}",
    )


def test_the_default_connection_is_watched_at_once_and_only_once(runtime: Runtime) -> None:
    connecting.ensure_default(runtime)
    with runtime.database.read() as session:
        watched = session.exec(select(Watch.trigger).order_by(Watch.trigger)).all()
    assert watched == ready_made(runtime)


def test_a_new_connection_is_watched_and_audited_and_its_key_is_sealed(
    runtime: Runtime, pinecone_emulator: Emulator
) -> None:
    row = add(runtime, pinecone_emulator)
    with runtime.database.read() as session:
        watches = session.exec(select(Watch.trigger).where(Watch.connection_id == row.id)).all()
        audits = session.exec(select(Audit.verb, Audit.actor).where(Audit.subject == row.id)).all()
    sealed = pinecone_emulator.api_key.encode() in row.sealed_api_key
    assert (sorted(watches), [tuple(audit) for audit in audits], sealed) == (
        [kind for kind in ready_made(runtime) if not runtime.registry.triggers[kind].needs_admin],
        [("connection.create", "operator")],
        False,
    )


def test_a_name_that_is_taken_is_a_conflict(runtime: Runtime, pinecone_emulator: Emulator) -> None:
    with pytest.raises(errors.Conflict, match="'default' is there already"):
        add(runtime, pinecone_emulator, name="default")


@pytest.mark.parametrize("host", ["ftp://x", "api.pinecone.io", "https://u:p@h", "https://"])
def test_a_host_that_is_no_url_is_refused(runtime: Runtime, host: str) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        connecting.create(runtime, OPERATOR, name="x", api_key="k", host=host)
    assert [fault.pointer for fault in caught.value.errors] == ["/host"]


def test_a_test_call_says_that_it_works(runtime: Runtime, pinecone_emulator: Emulator) -> None:
    row = add(runtime, pinecone_emulator)
    assert connecting.test(runtime, OPERATOR, row.id) == connecting.Tested(
        ok=True, index_count=0, project_count=None, problem=None
    )


def test_a_test_call_says_what_is_wrong(runtime: Runtime, pinecone_emulator: Emulator) -> None:
    row = add(runtime, pinecone_emulator, api_key="pckey_wrong")
    tested = connecting.test(runtime, OPERATOR, row.id)
    assert (tested.ok, tested.problem and tested.problem.code) == (False, "pinecone_unauthorized")


def test_a_connection_with_a_service_account_is_tested_with_it(
    runtime: Runtime, pinecone_emulator: Emulator
) -> None:
    account = {"client_id": pinecone_emulator.client_id, "client_secret": pinecone_emulator.client_secret}
    row = connecting.create(
        runtime,
        OPERATOR,
        name="admin",
        api_key=pinecone_emulator.api_key,
        host=pinecone_emulator.url,
        **account,
    )
    sealed = pinecone_emulator.client_secret.encode() in (row.sealed_client_secret or b"")
    assert (connecting.test(runtime, OPERATOR, row.id).project_count, sealed) == (1, False)


def test_a_service_account_that_is_refused_fails_the_test(
    runtime: Runtime, pinecone_emulator: Emulator
) -> None:
    account = {"client_id": pinecone_emulator.client_id, "client_secret": "wrong"}
    row = connecting.create(
        runtime,
        OPERATOR,
        name="admin",
        api_key=pinecone_emulator.api_key,
        host=pinecone_emulator.url,
        **account,
    )
    tested = connecting.test(runtime, OPERATOR, row.id)
    assert (tested.ok, tested.problem and tested.problem.code) == (False, "pinecone_unauthorized")


def test_a_connection_without_a_service_account_has_no_admin(
    runtime: Runtime, pinecone_emulator: Emulator
) -> None:
    row = add(runtime, pinecone_emulator)
    with pytest.raises(errors.NoServiceAccount, match="'second'"):
        _ = runtime.connections.context(row).admin


def test_a_renamed_connection_keeps_its_id(runtime: Runtime, pinecone_emulator: Emulator) -> None:
    row = add(runtime, pinecone_emulator)
    renamed = connecting.update(runtime, OPERATOR, row.id, name="third")
    assert (renamed.id, connecting.get(runtime, OPERATOR, "third").id) == (row.id, row.id)


def test_renaming_to_a_taken_name_is_a_conflict(runtime: Runtime, pinecone_emulator: Emulator) -> None:
    row = add(runtime, pinecone_emulator)
    with pytest.raises(errors.Conflict) as caught:
        connecting.update(runtime, OPERATOR, row.id, name="default")
    assert caught.value.errors == (Fault("/name", "is taken"),)


def test_another_key_begins_anew_without_telling_that_all_is_deleted(
    runtime: Runtime, pinecone_emulator: Emulator
) -> None:
    row = add(runtime, pinecone_emulator)
    indexes = watch_of(runtime, row)
    polling.poll_now(runtime, indexes)
    running_verb.run(runtime, OPERATOR, "create_index", INDEX, connection=row.id)
    polling.poll_now(runtime, indexes)
    other = pinecone_emulator.control.new_project("other").api_key
    connecting.update(runtime, OPERATOR, row.id, api_key=other)
    polled = polling.poll_now(runtime, indexes)
    assert (polled.outcome, types(runtime)) == ("baseline", ["index.created"])


def test_the_environment_s_other_project_begins_anew(
    runtime: Runtime, settings: Settings, pinecone_emulator: Emulator
) -> None:
    indexes = watch_of(runtime, connecting.get(runtime, OPERATOR, None))
    running_verb.run(runtime, OPERATOR, "create_index", INDEX)
    polling.poll_now(runtime, indexes)
    other = SecretStr(pinecone_emulator.control.new_project("other").api_key)
    with running(settings.model_copy(update={"emulator_api_key": other})) as later:
        connecting.ensure_default(later)
        polled = polling.poll_now(later, indexes)
    assert (polled.outcome, types(runtime)) == ("baseline", ["index.created"])


def test_the_key_of_the_default_connection_is_the_environment_s(runtime: Runtime) -> None:
    with pytest.raises(errors.Conflict, match="PINECONE_API_KEY"):
        connecting.update(runtime, OPERATOR, connecting.get(runtime, OPERATOR, None).id, api_key="k")


def watch_of(runtime: Runtime, connection: Connection) -> str:
    rows = watching.page(runtime, OPERATOR, connection=connection.id).rows
    return next(row.id for row in rows if row.trigger == "indexes")


def types(runtime: Runtime) -> list[str]:
    """What was told of Pinecone; the runs that changed it are told, too."""
    with runtime.database.read() as session:
        return [name for name in session.exec(select(Event.type).order_by(Event.id)) if name[:4] != "run."]


def test_a_removed_connection_takes_its_watches_and_endpoints_along(
    runtime: Runtime, pinecone_emulator: Emulator
) -> None:
    row = add(runtime, pinecone_emulator)
    endpoints.create(
        runtime, OPERATOR, url="http://127.0.0.1:1/x", event_types=["*"], connection=row.id, description=""
    )
    connecting.remove(runtime, OPERATOR, row.id)
    with runtime.database.read() as session:
        left = (
            session.exec(select(Watch).where(Watch.connection_id == row.id)).all(),
            session.exec(select(Endpoint.state)).all(),
        )
    assert left == ([], ["removed"])


def test_the_default_connection_cannot_be_removed(runtime: Runtime) -> None:
    with pytest.raises(errors.Conflict):
        connecting.remove(runtime, OPERATOR, connecting.get(runtime, OPERATOR, None).id)


def test_a_caller_sees_only_its_own_connections(runtime: Runtime, pinecone_emulator: Emulator) -> None:
    mine = add(runtime, pinecone_emulator)
    caller = Caller("key_x", "x", frozenset({"read"}), frozenset({mine.id}))
    seen = connecting.page(runtime, caller, cursor=None, limit=10).rows
    with pytest.raises(errors.UnknownConnection):
        connecting.get(runtime, caller, "default")
    assert [row.id for row in seen] == [mine.id]


def test_a_caller_that_is_limited_adds_no_connection(runtime: Runtime, pinecone_emulator: Emulator) -> None:
    limited = dataclasses.replace(OPERATOR, connection_ids=frozenset({"conn_1"}))
    with pytest.raises(errors.MissingScope, match="limited to some connections"):
        connecting.create(runtime, limited, name="b", api_key="k", host=pinecone_emulator.url)


@pytest.mark.parametrize("host", ["https://169.254.169.254", "https://10.1.2.3", "http://api.example.com"])
def test_a_host_that_may_not_be_called_is_refused(runtime: Runtime, host: str) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        connecting.create(runtime, OPERATOR, name="b", api_key="k", host=host)
    assert [fault.pointer for fault in refused.value.errors] == ["/host"]
