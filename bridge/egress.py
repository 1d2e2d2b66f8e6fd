"""The egress rules: which addresses the bridge may call. Judgement only; `outbound` asks before it dials.

Python's `ipaddress.is_global` passes multicast, NAT64 and 6to4 forms of private addresses, and cloud
metadata addresses on some versions; so the ranges are listed here, and an IPv4 address inside an IPv6 one is
taken out and judged by itself. A name is judged at each dial by every address it has at that moment, which
is what makes DNS rebinding harmless.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import idna

from bridge import errors
from bridge.config import Settings
from bridge.errors import Fault

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_URL_CHARACTERS = 2_048
FIRST_FREE_PORT = 1_024
WEB_PORTS = frozenset({80, 443})
LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa")

DENIED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        # IPv4: this host, private, shared (CGNAT), loopback, link-local (metadata), protocol assignments,
        # documentation, 6to4 relays, benchmarking, multicast, reserved and broadcast; Azure's metadata.
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
        # IPv6, inside of GLOBAL_UNICAST: protocol assignments and Teredo, documentation, 6to4.
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip

GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""Every IPv6 address outside of it is private, special (IPv4 inside IPv6 among them) or not given out yet."""

LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Egress:
    """The rules of one installation: the deny list, and what its operator allows in spite of it."""

    hosts: frozenset[str]
    networks: tuple[Network, ...]
    loopback: bool

    def refusal(self, host: str, address: str, *, plain: bool) -> str | None:
        """Tell why an address a host has may not be dialled; None when it may.

        plain: the request would go out as http, without TLS.
        """
        judged = _innermost(ipaddress.ip_address(address.partition("%")[0]))
        allowed = self._allows(host, judged)
        if plain and not allowed:
            return "it is not https"
        if allowed or _public(judged):
            return None
        return f"{host} is at {address}, a private or reserved address"

    def check_url(self, url: str, pointer: str = "/url") -> None:
        """Judge a URL before it is stored, without asking the DNS: names are judged at each dial.

        Raises InvalidInput with the pointer and the reason.
        """
        reason = self._url_refusal(url)
        if reason is not None:
            raise errors.InvalidInput(f"the URL cannot be used: {reason}", errors=(Fault(pointer, reason),))

    def _allows(self, host: str, address: Address | None) -> bool:
        if plain_host(host) in self.hosts:
            return True
        if address is None:
            return False
        networks = self.networks + (LOOPBACK if self.loopback else ())
        return any(address in network for network in networks if network.version == address.version)

    def _url_refusal(self, url: str) -> str | None:
        split = _split(url)
        if isinstance(split, str):
            return split
        host, port = plain_host(str(split.hostname)), split.port
        address = _literal(host)
        if address is not None:
            address = _innermost(address)
        local = address is None and _under(host, LOCAL_NAMES)
        if self._allows(host, address) or (self.loopback and _under(host, ("localhost",))):
            return None
        if split.scheme != "https":
            return "it must start with https://"
        if local or (address is not None and not _public(address)):
            return f"{host} is a private or reserved address (PINEHOOK_ALLOW_TARGETS can allow it)"
        if port is not None and port < FIRST_FREE_PORT and port not in WEB_PORTS:
            return f"port {port} is not one for the web: use 443, 80, or {FIRST_FREE_PORT} and above"
        return None


def rules(settings: Settings) -> Egress:
    """Read the rules out of the settings. Raises SetupError for an entry that is neither host nor CIDR."""
    hosts: set[str] = set()
    networks: list[Network] = []
    for entry in filter(None, (part.strip() for part in settings.allow_targets.split(","))):
        try:
            networks.append(ipaddress.ip_network(entry))
        except ValueError as error:
            if "/" in entry or " " in entry:
                told = f"PINEHOOK_ALLOW_TARGETS: {entry!r} is neither a host nor a CIDR: {error}"
                raise errors.SetupError(told) from error
            hosts.add(plain_host(entry))
    return Egress(frozenset(hosts), tuple(networks), settings.development)


def plain_host(host: str) -> str:
    """Return a host as it is dialled and compared: lower case, in ASCII (IDNA 2008), without brackets and root."""
    plain = host.strip("[]").lower()
    try:
        return (plain if plain.isascii() else idna.encode(plain).decode()).removesuffix(".")
    except idna.IDNAError:
        return plain


def _under(host: str, names: tuple[str, ...]) -> bool:
    return any(f".{host}".endswith(f".{name}") for name in names)


def _is_host(host: str) -> bool:
    # A name does not end in a number: what does is meant as an address, as browsers have it.
    name = NAME.fullmatch(host) and not NUMBER.fullmatch(host.rpartition(".")[2])
    return bool(name) or _literal(host) is not None


def _split(url: str) -> SplitResult | str:
    if len(url) > MAX_URL_CHARACTERS:
        return f"it is longer than {MAX_URL_CHARACTERS} characters"
    # urlsplit() drops tabs and line ends silently; what was judged must be what is dialled.
    if any(character.isspace() or not character.isprintable() or character == "\\" for character in url):
        return "it has spaces, control characters or backslashes in it"
    try:
        split = urlsplit(url)
        _ = split.port
    except ValueError as error:
        return f"it is no URL: {error}"
    wrong = {
        "it is no URL with https:// and a host": split.scheme not in {"http", "https"} or not split.hostname,
        "it carries a user name or password; use a token in the path or query instead": "@" in split.netloc,
        "port 0 does not exist": split.port == 0,
        f"{split.hostname} is no host": not _is_host(plain_host(split.hostname or "")),
    }
    return next((reason for reason, holds in wrong.items() if holds), split)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        # Resolvers read 2130706433, 0x7f.1 and 127.1 as 127.0.0.1; so does this.
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _innermost(address: Address) -> Address:
    """Take the IPv4 address out of an IPv6 one that stands for it (mapped, NAT64)."""
    if isinstance(address, ipaddress.IPv6Address) and (address in MAPPED or address in NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    if any(address in network for network in DENIED if network.version == address.version):
        return False
    return address.is_global
