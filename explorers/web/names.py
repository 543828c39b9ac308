"""Host names and where they lead, for all that is loaded while one site is explored."""

import ipaddress
import socket
from collections.abc import Callable
from typing import TypeAlias

from explorers.web.network import Address, address_of

Resolve: TypeAlias = Callable[[str], list[str]]
"""The addresses of a host name; raises OSError where there are none. Is called in a thread of its own."""


class Names:
    """Host names and the addresses they led to at first: for as long as this lives, a name can't turn elsewhere."""

    def __init__(self, resolve: Resolve | None = None) -> None:
        self._resolve = resolve or _system_addresses
        self._known: dict[str, tuple[Address, ...]] = {}

    def known(self, host: str) -> tuple[Address, ...] | None:
        """The addresses, where they are known without asking."""
        address = address_of(host)
        return (address,) if address is not None else self._known.get(host)

    def ask(self, host: str) -> tuple[Address, ...]:
        """The addresses of a name; may take as long as the system does.

        Raises:
            OSError: if it has none.
        """
        known = self.known(host)
        if known is None:
            addresses = tuple(
                dict.fromkeys(ipaddress.ip_address(each.partition("%")[0]) for each in self._resolve(host))
            )
            known = self._known.setdefault(host, addresses)
        return known


def _system_addresses(host: str) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
