"""A WSGI app for tests of how apps are served: says who answers, and reads whatever it is sent."""

from __future__ import annotations

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """``/healthz`` and ``/pid`` answer; POST reads its body to the end."""
    if environ["REQUEST_METHOD"] == "POST":
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    known = environ["PATH_INFO"] in ("/healthz", "/pid", "/")
    start_response("200 OK" if known else "404 Not Found", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
