"""What the fuzzers call: one function a target, which takes any bytes and raises nothing but a finding.

A target asserts what must hold for every input, so that the fuzzer looks for more than crashes. The same
functions run over their seeds in the ordinary tests. Must not know: any fuzzer.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from werkzeug.datastructures import MultiDict

from portal.crypto.receipt import ALPHABET, CHARACTERS, Receipt
from portal.crypto.stream import CHUNK_BYTES, ObjectKind, SealedReader, seal_bytes
from portal.errors import MistypedReceipt, Tampered
from portal.models import Rng
from portal.storage.blobs import StoredBlob, new_name
from portal.storage.multipart import Sealing, receive
from portal.storage.received import Allowance, Limits, Received, UploadError

BOUNDARY: Final = b"xs"
_KEY: Final = bytes(range(32))
_OBJECT: Final = uuid.UUID(int=7)
#: A chunk and a bit, so that a first, a last and an only chunk all occur.
_LENGTHS: Final = (0, 1, 500, 1016, 1017, CHUNK_BYTES - 8, CHUNK_BYTES - 7, CHUNK_BYTES + 700)
_LIMITS: Final = Limits(
    max_file_bytes=3000, max_message_bytes=5000, max_files=3, max_fields=6, max_field_bytes=200,
    max_fields_bytes=600,
)  # fmt: skip
_DAY: Final = date(2026, 3, 2)


def sealed_object(data: bytes) -> None:
    """A sealed object with faults put into it opens to exactly what was sealed, or is refused.

    data: one byte for the length, then faults of four bytes each: what, where (two), value.
    """
    plaintext = _plaintext(_LENGTHS[data[0] % len(_LENGTHS)] if data else 0)
    sealed = bytearray(_sealed(len(plaintext)))
    untouched = bytes(sealed)
    for at in range(1, min(len(data), 65), 4):
        _harm(sealed, data[at : at + 4].ljust(4, b"\0"))
    try:
        reader = SealedReader(
            io.BytesIO(bytes(sealed)), kind=ObjectKind.ATTACHMENT, object_id=_OBJECT, file_key=_KEY
        )
        opened = b"".join(reader.chunks())
        middle = b"".join(reader.read_range(len(opened) // 3, 99))
    except Tampered:
        assert bytes(sealed) != untouched, "a whole object was refused"
        return
    assert bytes(sealed) == untouched, "a changed object was opened"
    assert (opened, middle) == (plaintext, plaintext[len(opened) // 3 :][:99])


def raw_object(data: bytes) -> None:
    """Bytes that nobody sealed never open."""
    try:
        SealedReader(io.BytesIO(data), kind=ObjectKind.ATTACHMENT, object_id=_OBJECT, file_key=_KEY)
    except Tampered:
        return
    raise AssertionError("opened without having been sealed")


def multipart(data: bytes) -> None:
    """A body gives the same fields and files however its bytes are cut, and nothing stays half written.

    data: one byte for where the body is cut (in steps of that many bytes), then the body.
    """
    step, body = (data[0] or 1, data[1:]) if data else (1, b"")
    whole, in_pieces = _received(body, step=len(body) or 1), _received(body, step=step)
    assert whole == in_pieces, "it depends on how the bytes came"


def receipt(data: bytes) -> None:
    """Typed text is a receipt that comes back as itself, or is refused as mistyped."""
    text = data.decode("utf-8", "replace")
    try:
        read = Receipt.parse(text)
    except MistypedReceipt:
        return
    again = Receipt.parse(read.text)
    assert again == read
    assert set(read.text.replace("-", "")) <= set(ALPHABET)
    typed = [c for c in unicodedata.normalize("NFKC", text) if c.isalnum()]
    assert len(typed) >= CHARACTERS


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = MappingProxyType(
    {"sealed-object": sealed_object, "raw-object": raw_object, "multipart": multipart, "receipt": receipt}
)


def seeds(name: str) -> Iterator[bytes]:
    """A few small inputs to begin with; made here, so that no corpus lies in the repository."""
    if name == "sealed-object":
        for number in range(len(_LENGTHS)):
            yield bytes([number])
            yield bytes([number, 0, 0, 60, 1])
            yield bytes([number, 1, 0, 90, 0])
            yield bytes([number, 2, 4, 0, 0, 3, 0, 0, 1])
    elif name == "raw-object":
        yield _sealed(0)[:200]
        yield _sealed(1)[:-1]
    elif name == "multipart":
        yield from (bytes([step]) + _body() for step in (1, 7, 64))
        yield b"\x05" + _body()[:-9]
    else:
        text = Receipt(bytes(14) + b"\x20").text
        yield from (text.encode(), text.lower().replace("-", " ").encode(), f"回执：{text}。".encode())


def _harm(sealed: bytearray, fault: bytes) -> None:
    what, value = fault[0] % 4, fault[3]
    at = int.from_bytes(fault[1:3], "big") % (len(sealed) + 1)
    if what == 0 and at < len(sealed):
        sealed[at] ^= value
    elif what == 1:
        del sealed[at:]
    elif what == 2:
        sealed[at:at] = bytes([value])
    elif what == 3:
        sealed += sealed[at : at + value]


def _plaintext(length: int) -> bytes:
    return (hashlib.sha256(b"plaintext").digest() * (length // 32 + 1))[:length]


_kept: dict[int, bytes] = {}


def _sealed(length: int) -> bytes:
    if length not in _kept:
        _kept[length] = seal_bytes(
            _plaintext(length), kind=ObjectKind.ATTACHMENT, object_id=_OBJECT, file_key=_KEY, salt=bytes(16)
        )
    return _kept[length]


def _body() -> bytes:
    return (
        b'--xs\r\nContent-Disposition: form-data; name="draft"\r\n\r\nabc\r\n'
        b'--xs\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n\xff\xd8\r\n--x\r\n--xs \r\n"
        b'Content-Disposition: form-data; name="files"; filename=""\r\n\r\n\r\n--xs--\r\n'
    )


class _Pieces:
    """A body that comes a few bytes at a time."""

    def __init__(self, body: bytes, *, step: int) -> None:
        self._body = io.BytesIO(body)
        self._step = step

    def read(self, size: int = -1, /) -> bytes:
        return self._body.read(self._step)


class _Door:
    def admit(self, fields: MultiDict[str, str]) -> Allowance:
        return Allowance({"files": ObjectKind.ATTACHMENT}, _LIMITS.max_files, _LIMITS.max_message_bytes)


@dataclass
class _Blobs:
    """A store in memory, which knows what is unfinished."""

    kept: dict[str, bytes] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)

    def create(self, *, rng: Rng) -> _Writer:
        return _Writer(self, new_name(rng))

    def open(self, name: str) -> io.BytesIO:
        return io.BytesIO(self.kept[name])

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)

    def stored(self) -> Iterator[StoredBlob]:
        return iter(StoredBlob(name, _DAY) for name in self.kept)

    def discard_unfinished(self, *, older_than_seconds: int) -> int:
        return 0

    def level_times(self, *, day: date) -> int:
        return 0


class _Writer:
    def __init__(self, blobs: _Blobs, name: str) -> None:
        self._blobs = blobs
        self.name = name
        self._written = io.BytesIO()
        blobs.unfinished.add(name)

    def write(self, sealed: bytes, /) -> int:
        return self._written.write(sealed)

    def keep(self, *, day: date) -> None:
        self._blobs.unfinished.discard(self.name)
        self._blobs.kept[self.name] = self._written.getvalue()

    def discard(self) -> None:
        self._blobs.unfinished.discard(self.name)


def _received(body: bytes, *, step: int) -> tuple[object, ...]:
    """What arrives of a body: fields, files opened again, problems, and the trouble if there was one."""
    blobs, received, trouble = _Blobs(), Received(), ""
    count = iter(range(1, 1 << 20))

    def rng(length: int) -> bytes:
        return next(count).to_bytes(length, "big")

    try:
        receive(
            _Pieces(body, step=step),
            boundary=BOUNDARY,
            declared_bytes=len(body),
            into=received,
            sealing=Sealing(_LIMITS, _Door(), blobs, rng, _DAY),
        )
    except UploadError as error:
        trouble = error.reason.value
    assert not blobs.unfinished, "a file stayed half written"
    assert set(blobs.kept) == {file.blob_name for file in received.files}
    files = []
    for file in received.files:
        reader = SealedReader(
            blobs.open(file.blob_name), kind=file.kind, object_id=file.object_id, file_key=file.file_key
        )
        files.append((file.name, file.declared_type, b"".join(reader.chunks())))
    assert sum(len(content) for _name, _type, content in files) <= _LIMITS.max_message_bytes
    return tuple(received.fields.items(multi=True)), tuple(files), tuple(received.problems), trouble
