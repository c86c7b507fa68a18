"""No test talks to another machine: every socket call in this process is looked at as it happens.

An audit hook sees every connection and every name look-up whatever library makes it, and cannot be undone by
the code under test. Other processes that tests start are held by their own arguments (see ``browser``).
"""

from __future__ import annotations

import ipaddress
import socket
import sys

#: Events of the socket module and where in their arguments the address or host name is.
_WATCHED = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.bind": 1,
    "socket.getaddrinfo": 0,
}


class OutsideNetwork(RuntimeError):
    """A test tried to reach something beyond this machine."""


def close_to_the_outside() -> None:
    """From now on, in this process, only loopback and Unix sockets can be used. Cannot be switched off."""
    sys.addaudithook(_refuse_outside)


def _refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    position = _WATCHED.get(event)
    if position is None:
        return
    if isinstance(arguments[0], socket.socket) and arguments[0].family not in (
        socket.AF_INET,
        socket.AF_INET6,
    ):
        return
    address = arguments[position]
    host = address[0] if isinstance(address, tuple) else address
    if host is not None and not _is_loopback(host):
        raise OutsideNetwork(f"{event} to {host!r}: tests use this machine alone")


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False
