from __future__ import annotations

import pytest

from bridge import egress, errors
from bridge.config import Settings

PRODUCTION = egress.rules(Settings(env="production"))
DEVELOPMENT = egress.rules(Settings(env="development"))

DENIED = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.9.9.9", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
    "2002:a9fe:a9fe::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "::ffff:0:127.0.0.1", "::ffff:0:169.254.169.254", "1::1", "4000::1",
    "2001:0:a9fe:a9fe::1", "2001:20::1", "64:ff9b::a83f:8110", "::ffff:168.63.129.16",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111",
    "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip


@pytest.mark.parametrize("address", DENIED)
def test_private_and_reserved_addresses_are_refused(address: str) -> None:
    told = PRODUCTION.refusal("example.com", address, plain=False)
    assert told == f"example.com is at {address}, a private or reserved address"


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_called_over_https_only(address: str) -> None:
    answers = [PRODUCTION.refusal("example.com", address, plain=plain) for plain in (False, True)]
    assert answers == [None, "it is not https"]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_development_adds_loopback_even_without_tls(address: str) -> None:
    assert DEVELOPMENT.refusal("localhost", address, plain=True) is None


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "0.0.0.0", "::", "::127.0.0.1"])
def test_development_adds_nothing_but_loopback(address: str) -> None:
    assert DEVELOPMENT.refusal("localhost", address, plain=False) is not None


def test_a_network_or_a_host_can_be_allowed() -> None:
    rules = egress.rules(Settings(allow_targets="10.0.0.0/8, fd00::/8 ,Intranet.Example., 192.168.7.7"))
    targets = [
        ("a.example", "10.9.9.9"),
        ("a.example", "::ffff:10.9.9.9"),
        ("a.example", "fd00::7"),
        ("intranet.example", "192.168.1.1"),
        ("a.example", "192.168.7.7"),
        ("a.example", "192.168.7.8"),
        ("intranet.example.evil.example", "192.168.1.1"),
    ]
    assert [rules.refusal(*target, plain=True) is None for target in targets] == [True] * 5 + [False] * 2


def test_a_network_that_is_none_is_told_at_once() -> None:
    with pytest.raises(errors.SetupError, match="is neither a host nor a CIDR"):
        egress.rules(Settings(allow_targets="10.0.0.1/8"))


def reason(rules: egress.Egress, url: str) -> str | None:
    try:
        rules.check_url(url)
    except errors.InvalidInput as error:
        [fault] = error.errors
        assert fault.pointer == "/url"
        return fault.message
    return None


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:8443/a?b=c",
        "https://1.1.1.1/",
        "https://[2606:4700:4700::1111]/x",
        "https://xn--bcher-kva.example/",
        "https://bücher.example/",
        "https://under_score.example./",
        "HTTPS://EXAMPLE.COM/",
    ],
)
def test_a_public_https_url_is_taken(url: str) -> None:
    assert reason(PRODUCTION, url) is None


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("", "no URL"),
        ("nonsense", "no URL"),
        ("ftp://example.com/", "no URL"),
        ("file:///etc/passwd", "no URL"),
        ("https://", "no URL"),
        ("https:///path", "no URL"),
        ("https://[::1", "no URL"),
        ("https://example.com:99999/", "no URL"),
        ("https://example.com:0/", "port 0"),
        ("http://example.com/", "https://"),
        ("https://user:pass@example.com/", "user name"),
        ("https://@example.com/", "user name"),
        ("https://example.com/a b", "spaces"),
        ("https://exam\tple.com/", "spaces"),
        ("https://example.com/\r\nx: y", "spaces"),
        ("https://example.com\\@evil.example/", "backslashes"),
        ("https://example.com/" + "a" * 2048, "2048 characters"),
        ("https://example.com:22/", "port 22"),
        ("https://localhost/", "private"),
        ("https://localhost./", "private"),
        ("https://a.localhost/", "private"),
        ("https://metadata.google.internal/", "private"),
        ("https://router.home.arpa/", "private"),
        ("https://2130706433/", "private"),
        ("https://0x7f.1/", "private"),
        ("https://127.1/", "private"),
        ("https://0177.0.0.1/", "private"),
        ("https://169.254.169.254/latest", "private"),
        ("https://[::ffff:169.254.169.254]/", "private"),
        ("https://[fe80::1%25eth0]/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:0:7f00:1]/", "private"),
        ("https://127\u30020\u30020\u30021/", "private"),
        ("https://127\uff0e0\uff0e0\uff0e1/", "private"),
        ("https://localhost\u3002/", "private"),
        ("https://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/", "no host"),
        ("https://\uff4cocalhost/", "no host"),
        ("https://%31%32%37.0.0.1/", "no host"),
        ("https://127.0.0.1../", "no host"),
        ("https://256.1.1.1/", "no host"),
        ("https://1.2.3.4.5/", "no host"),
        ("https://4294967296/", "no host"),
        ("https://a..example/", "no host"),
        ("https://exa$mple.com/", "no host"),
        ("https://" + "a" * 64 + ".example/", "no host"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_the_reason(url: str, part: str) -> None:
    told = reason(PRODUCTION, url)
    assert told is not None
    assert part in told


@pytest.mark.parametrize("url", ["http://localhost:3000/", "http://127.0.0.1:1/", "http://[::1]:3000/x"])
def test_development_takes_loopback_urls(url: str) -> None:
    assert [reason(DEVELOPMENT, url), reason(PRODUCTION, url) is None] == [None, False]


def test_an_allowed_host_may_be_plain_and_on_any_port() -> None:
    rules = egress.rules(Settings(allow_targets="n8n,10.0.0.0/8"))
    urls = ["http://n8n:81/webhook", "http://10.1.1.1:90/", "http://n9n/"]
    assert [reason(rules, url) is None for url in urls] == [True, True, False]


def test_an_allowed_host_is_the_same_in_every_spelling() -> None:
    rules = egress.rules(Settings(allow_targets="Bücher.example."))
    assert reason(rules, "http://bücher.example:81/") is None
    assert rules.refusal("xn--bcher-kva.example", "10.0.0.1", plain=True) is None
