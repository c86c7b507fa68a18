"""A Flask request whose body goes through the push sink, whichever part of the app looks at it first.

Owns: when a body is read, and what of it is still there after an error. Must not know: which app, tokens,
drafts, pages. Each app subclasses ``SealingRequest`` and says in ``sealing()`` what files are sealed with.
Source: 7-facts "Path to a streaming sink"; 4-sealing "Sealed object".

``request.form`` holds the text fields, ``request.uploads.files`` the sealed files and
``request.uploads.problems`` the refused ones; ``request.files`` is always empty. Reading ``request.form`` may
raise ``UploadError``, ``RetryLater`` or whatever the admission raises; read again afterwards, it gives the
fields that had arrived, so that an error page can keep what was typed.
"""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from typing import IO, Any, Final
from urllib.parse import parse_qsl

import flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.formparser import FormDataParser

from portal.storage.errors import RetryLater
from portal.storage.multipart import Sealing, receive
from portal.storage.received import Allowance, BrokenBody, Limits, Received, Refused, TooLarge

TEXT_FORM: Final = "application/x-www-form-urlencoded"


class NoFiles:
    """The admission of a route that takes no files."""

    def admit(self, fields: MultiDict[str, str]) -> Allowance:
        """Nothing is expected, so every file is listed as a problem and dropped unread."""
        return Allowance(kinds={}, max_files=0, max_bytes=0)


class SealingRequest(flask.Request):
    """Text fields in ``form``, sealed files in ``uploads``."""

    uploads: Received

    def __init__(self, environ: dict[str, Any], populate_request: bool = True, shallow: bool = False) -> None:
        super().__init__(environ, populate_request, shallow)
        self.uploads = Received()

    @abstractmethod
    def sealing(self) -> Sealing:
        """Limits, admission and store for this request; asked once, before its body is read."""

    def received_all(self) -> None:
        """Called when reading has ended, well or not, with whatever ``uploads`` holds. May raise."""

    def make_form_data_parser(self) -> FormDataParser:
        return _SealingParser(self)


class _SealingParser(FormDataParser):
    """Parses into the request's ``uploads``; the limits are ours, for both kinds of form."""

    def __init__(self, request: SealingRequest) -> None:
        super().__init__(silent=False)
        self._request = request

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, Any]]:
        try:
            self._read(stream, mimetype, content_length, options or {})
        except BaseException:
            self._leave_what_arrived()
            # The first trouble is the one to tell; files that get no row for it are orphans and are swept.
            with contextlib.suppress(RetryLater):
                self._request.received_all()
            raise
        self._leave_what_arrived()
        self._request.received_all()
        fields = ImmutableMultiDict(self._request.uploads.fields)
        return stream, fields, ImmutableMultiDict()

    def _leave_what_arrived(self) -> None:
        """Let an error page have the fields; werkzeug would otherwise read the spent stream again."""
        self._request.__dict__["form"] = ImmutableMultiDict(self._request.uploads.fields)
        self._request.__dict__["files"] = ImmutableMultiDict()

    def _read(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> None:
        if mimetype == "multipart/form-data":
            receive(
                stream,
                boundary=options.get("boundary", "").encode("ascii", "replace"),
                declared_bytes=content_length,
                into=self._request.uploads,
                sealing=self._request.sealing(),
            )
        elif mimetype == TEXT_FORM:
            _read_text_form(stream, into=self._request.uploads, limits=self._request.sealing().limits)


def _read_text_form(stream: IO[bytes], *, into: Received, limits: Limits) -> None:
    # Percent-encoding makes three bytes of each one that is not ASCII.
    encoded = stream.read(3 * limits.max_fields_bytes + 1)
    if len(encoded) > 3 * limits.max_fields_bytes:
        raise TooLarge(Refused.FIELD_TOO_LARGE, max_bytes=limits.max_fields_bytes)
    if encoded.count(b"&") >= limits.max_fields:
        raise TooLarge(Refused.TOO_MANY_FIELDS)
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="replace")
    except ValueError:
        raise BrokenBody(Refused.MALFORMED) from None
    for name, value in pairs:
        kept = value.encode("utf-8", "replace")[: limits.max_field_bytes]
        into.fields.add(name, kept.decode("utf-8", "replace"))
