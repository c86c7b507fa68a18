"""Connections to a server from an address of one's own, so that finding it somewhere means something.

A browser cannot choose the address it comes from. ``Doorway`` listens beside the server and hands every
connection on from ``127.77.66.55``, byte for byte. Must not know: HTTP.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading

from tests.e2e.journey_marks import CITIZEN_ADDRESS


class Doorway:
    """``with Doorway(port) as door: door.port``."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """What a browser opens."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Doorway:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_raised: object) -> None:
        # A shut listener wakes whoever waits in accept; closing alone would not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inside, _address = self._listener.accept()
                threading.Thread(target=self._carry, args=(inside,), daemon=True).start()

    def _carry(self, inside: socket.socket) -> None:
        server = ("127.0.0.1", self._server_port)
        with (
            inside,
            contextlib.suppress(OSError),
            socket.create_connection(server, source_address=(CITIZEN_ADDRESS, 0)) as outside,
        ):
            _carry_both_ways(inside, outside)


def _carry_both_ways(one: socket.socket, other: socket.socket) -> None:
    """Until either end closes."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _events in selector.select():
                assert isinstance(key.fileobj, socket.socket)
                chunk = key.fileobj.recv(65536)
                if not chunk:
                    return
                key.data.sendall(chunk)
