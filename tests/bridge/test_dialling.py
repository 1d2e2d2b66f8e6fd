from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bridge import clock, egress
from bridge.config import Settings
from bridge.outbound import Outbound, SendError
from tests.bridge.conftest import PRODUCTION, post, read_request, sending, trouble
from tests.receiver import Receiver

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def test_a_port_that_nobody_listens_on_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome, detail = trouble(f"http://127.0.0.1:{port}/")
    assert (outcome, detail.startswith(f"no connection to 127.0.0.1 at 127.0.0.1, port {port}")) == (
        "connection_failed",
        True,
    )


def test_a_name_without_addresses_is_told() -> None:
    def nobody(*_: object) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert trouble("https://nowhere.example/", resolve=nobody) == (
        "name_not_found",
        "nowhere.example has no address: Name or service not known",
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_production_does_not_dial_loopback_however_it_is_written(host: str, receiver: Receiver) -> None:
    port = receiver.url.split(":")[2].split("/")[0]
    outcome, _ = trouble(f"https://{host}:{port}/hook", PRODUCTION)
    assert (outcome, receiver.received) == ("target_refused", [])


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    assert trouble("https://mixed.example/", resolve=lambda *_: ["1.1.1.1", "10.0.0.1"]) == (
        "target_refused",
        "mixed.example is at 10.0.0.1, a private or reserved address",
    )


def test_a_name_that_changes_its_address_is_asked_and_judged_at_each_dial(receiver: Receiver) -> None:
    port = receiver.url.split(":")[2].split("/")[0]
    rules = egress.rules(Settings(allow_targets="127.0.0.1"))
    answers = [["127.0.0.1"], ["127.0.0.2"]]

    def rebinding(*_: object) -> Sequence[str]:
        return answers.pop(0)

    async def use(outbound: Outbound) -> tuple[int, str]:
        url = f"http://rebind.example:{port}/hook"
        first = await outbound.post(url, b"{}", {"connection": "close"})
        await outbound.post(url, b"{}", {})  # over the kept line: nothing is resolved
        outbound_again = Outbound(rules, timeout_seconds=5, resolve=rebinding)
        try:
            await outbound_again.post(url, b"{}", {})
        except SendError as error:
            return first.status_code, error.outcome
        finally:
            await outbound_again.aclose()
        return first.status_code, "sent"

    told = sending(use, rules, resolve=rebinding)
    assert (told, len(receiver.received)) == ((204, "target_refused"), 2)


@pytest.mark.parametrize(
    ("names", "days", "outcome"),
    [
        (["localhost", "127.0.0.1"], (-1, 1), "answered"),
        (["other.example"], (-1, 1), "tls_failed"),
        (["localhost", "127.0.0.1"], (-2, -1), "tls_failed"),
    ],
)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_tls_names_and_verifies_the_host_of_the_url(
    host: str, names: list[str], days: tuple[int, int], outcome: str, tmp_path: Path
) -> None:
    pem = certificate(tmp_path, names, *days)
    trusted = ssl.create_default_context(cafile=pem)
    with over_tls(pem) as port:
        url = f"https://{host}:{port}/hook"
        if outcome == "answered":
            assert post(url, tls=trusted, resolve=lambda *_: ["127.0.0.1"]).excerpt == "ok"
        else:
            assert trouble(url, tls=trusted, resolve=lambda *_: ["127.0.0.1"])[0] == outcome
        assert trouble(url)[0] == "tls_failed"  # self-signed, for whoever does not trust it


def certificate(folder: Path, names: list[str], starts: int, ends: int) -> Path:
    """Make a self-signed certificate for names and addresses, valid between two days counted from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    alternatives: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_address(one)) if one[0].isdigit() else x509.DNSName(one) for one in names
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() + timedelta(days=starts))
        .not_valid_after(clock.now() + timedelta(days=ends))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "tls.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def over_tls(pem: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    read_request(connection)
                    connection.sendall(OK)
            except OSError:
                plain.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
