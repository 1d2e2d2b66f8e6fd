"""What was acknowledged survives: a restart, kill -9 under load, and many threads at once."""

import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

import pinecone_emulator

SCHEMA = {"fields": {"_values": {"type": "dense_vector", "dimension": 4, "metric": "dotproduct"}}}
LIVES = 8
HEADERS = {"Api-Key": pinecone_emulator.DEVELOPMENT_KEY, "X-Pinecone-Api-Version": "2026-07"}


def create(http, name="a"):
    return http.post("/indexes", json={"name": name, "schema": SCHEMA}).json()["host"]


def path_of(host):
    return "/i/" + host.rsplit("/", 1)[1]


def client(url):
    return httpx.Client(base_url=url, headers=HEADERS, timeout=30)


def test_records_namespaces_and_states_are_the_same_after_a_restart(tmp_path):
    vectors = [
        {"id": str(i), "values": [i, 1, 0, 0], "sparseValues": {"indices": [i], "values": [2]}, "metadata": {"n": i}}
        for i in range(1, 20)
    ]  # fmt: skip
    query = {
        "topK": 5,
        "vector": [1, 0, 0, 0],
        "sparseVector": {"indices": [3], "values": [9]},
        "includeMetadata": True,
        "includeValues": True,
        "filter": {"n": {"$ne": 19}},
    }
    seen = []
    with (
        pinecone_emulator.start(data_dir=tmp_path, index_seconds=60, backup_seconds=60) as first,
        client(first.url) as http,
    ):
        index = path_of(create(http))
        first.control.advance(60)
        http.post(f"{index}/vectors/upsert", json={"vectors": vectors, "namespace": "n"})
        http.post(f"{index}/vectors/delete", json={"ids": ["1", "18"], "namespace": "n"})
        backup = http.post("/indexes/a/backups", json={}).json()["backup_id"]
        seen.append(snapshot(http, index, backup, query))
    with (
        pinecone_emulator.start(data_dir=tmp_path, index_seconds=60, backup_seconds=60) as second,
        client(second.url) as http,
    ):
        seen.append(snapshot(http, index, backup, query))
        new = {"id": "new", "values": [9, 9, 9, 9]}
        http.post(f"{index}/vectors/upsert", json={"vectors": [new], "namespace": "n"})
        fetched = http.get(f"{index}/vectors/fetch", params={"ids": ["new", "17"], "namespace": "n"}).json()[
            "vectors"
        ]
    assert seen[0] == seen[1]
    assert sorted(fetched) == ["17", "new"]


def snapshot(http, index, backup, query):
    return (
        http.get("/indexes/a").json()["status"],
        http.get(f"/backups/{backup}").json()["status"],
        http.post(f"{index}/query", json={**query, "namespace": "n"}).json()["matches"],
        http.post(f"{index}/describe_index_stats").json(),
    )


def launch(tmp_path):
    command = [
        sys.executable,
        "-u",
        "-m",
        "pinecone_emulator",
        "--port",
        "0",
        "--data-dir",
        str(tmp_path),
        "--index-seconds",
        "0",
    ]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PINECONE_")}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    line = process.stdout.readline()
    found = re.search(r"http://\S+?(?=,)", line)
    assert found, line + process.stdout.read()
    return process, found.group()


def end(process, how=signal.SIGTERM):
    process.send_signal(how)
    process.wait(10)
    process.stdout.close()
    return process.returncode


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_half_there_however_often_the_process_is_killed(tmp_path):
    expected, index = {}, None
    process, url = launch(tmp_path)
    for life in range(LIVES):
        with client(url) as http, ThreadPoolExecutor(4) as pool:
            index = index or path_of(create(http))
            enough = count(http, index) + 60
            writers = [pool.submit(write, url, index, f"{life}-{number}") for number in range(4)]
            while count(http, index) < enough:
                assert not any(writer.done() for writer in writers)
            end(process, signal.SIGKILL)
            written = [writer.result() for writer in writers]
        process, url = launch(tmp_path)
        with client(url) as http:
            found = stored(http, index)
        for acknowledged, in_flight in written:
            expected |= acknowledged
            # What was not answered may have been done or not, but wholly.
            before = {one: expected.get(one) for one in in_flight}
            after = {one: found.get(one) for one in in_flight}
            assert after in (before, in_flight)
            expected |= after
        assert found == {one: values for one, values in expected.items() if values}
    assert end(process) == 0


def count(http, index):
    return http.post(f"{index}/describe_index_stats").json()["totalVectorCount"]


def stored(http, index):
    """Return all that is stored: the values of each id."""
    body = {"topK": 10_000, "vector": [1, 0, 0, 0], "includeValues": True}
    matches = http.post(f"{index}/query", json=body).json()["matches"]
    return {found["id"]: found["values"] for found in matches}


def write(url, index, name):
    """Upsert, overwrite and delete until the server is gone; return what it acknowledged, and what it may have done.

    Both say which values an id has then, None for none.
    """
    acknowledged = {}
    with client(url) as http:
        for number in range(100_000):
            for change in changes(name, number):
                try:
                    request(http, index, change).raise_for_status()
                except httpx.TransportError:
                    return acknowledged, change
                acknowledged |= change
    return acknowledged, {}


def changes(name, number):
    """Yield a new batch; after every third also the overwriting of the second and the deletion of the first."""
    yield {f"{name}-{number}-{i}": [number + 1, i, 3, 4] for i in range(3)}
    if number % 3 == 2:
        yield {f"{name}-{number - 1}-{i}": [9, 9, 9, i] for i in range(3)}
        yield {f"{name}-{number - 2}-{i}": None for i in range(3)}


def request(http, index, change):
    if None in change.values():
        return http.post(f"{index}/vectors/delete", json={"ids": list(change)})
    vectors = [{"id": one, "values": values} for one, values in change.items()]
    return http.post(f"{index}/vectors/upsert", json={"vectors": vectors})


def test_a_second_start_on_the_same_data_is_refused_with_a_plain_message(tmp_path):
    with pinecone_emulator.start(data_dir=tmp_path):
        command = [sys.executable, "-m", "pinecone_emulator", "--port", "0", "--data-dir", str(tmp_path)]
        second = subprocess.run(command, capture_output=True, text=True, check=False)
    message = (
        f"Error: The data directory {tmp_path} is in use by another emulator. "
        "Stop that one, or start this one with another --data-dir.\n"
    )
    assert (second.returncode, second.stderr) == (1, message)


def test_a_port_that_is_taken_is_refused_with_a_plain_message(tmp_path, server):
    command = [
        sys.executable,
        "-m",
        "pinecone_emulator",
        "--port",
        str(server.port),
        "--data-dir",
        str(tmp_path),
    ]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert second.stderr.startswith(
        f"Error: Cannot listen on 127.0.0.1:{server.port} (Address already in use)."
    )


def test_settings_come_from_the_environment(tmp_path):
    environment = {**os.environ, "PINECONE_EMULATOR_API_KEY": "pckey_mine", "PINECONE_EMULATOR_PORT": "0"}
    command = [sys.executable, "-u", "-m", "pinecone_emulator", "--data-dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    url = re.search(r"http://\S+?(?=,)", process.stdout.readline()).group()
    statuses = [
        httpx.get(f"{url}/indexes", headers={"Api-Key": key}).status_code
        for key in ("pckey_mine", HEADERS["Api-Key"])
    ]
    end(process)
    assert statuses == [200, 401]


@pytest.mark.slow
@pytest.mark.usefixtures("emulator")
def test_many_threads_on_several_indexes_lose_and_mix_nothing(call):
    hosts = [call.dense_index(f"index-{number}", 4) for number in range(3)]

    def work(number):
        host, results = hosts[number % 3], []
        with httpx.Client(headers=HEADERS, timeout=30) as http:
            for step in range(15):
                vector = {
                    "id": f"{number}-{step}",
                    "values": [number + 1, step + 1, 1, 1],
                    "metadata": {"worker": number},
                }
                http.post(
                    f"{host}/vectors/upsert", json={"vectors": [vector], "namespace": str(number % 2)}
                ).raise_for_status()
                body = {
                    "topK": 100,
                    "vector": [1, 1, 1, 1],
                    "namespace": str(number % 2),
                    "filter": {"worker": number},
                }
                results.append(len(http.post(f"{host}/query", json=body).json()["matches"]))
        return results

    with ThreadPoolExecutor(12) as pool:
        seen = list(pool.map(work, range(12)))
    counts = [call("POST", f"{host}/describe_index_stats").json()["totalVectorCount"] for host in hosts]
    assert (seen, counts) == ([list(range(1, 16))] * 12, [60, 60, 60])


@pytest.mark.parametrize("times", [3])
def test_an_index_can_be_deleted_while_it_is_written_to(call, times):
    for _ in range(times):
        host = call.dense_index("busy", 4)
        with ThreadPoolExecutor(4) as pool:
            writers = [pool.submit(write_until_gone, host, number) for number in range(4)]
            deleted = call("DELETE", "/indexes/busy").status_code
            statuses = {writer.result() for writer in writers}
        assert (deleted, statuses) == (202, {404})


def write_until_gone(host, number):
    with httpx.Client(headers=HEADERS, timeout=30) as http:
        while True:
            vector = {"id": str(number), "values": [1, 1, 1, 1]}
            status = http.post(f"{host}/vectors/upsert", json={"vectors": [vector]}).status_code
            if status != 200:
                return status
