"""What worker, zygote and child say to each other.

Owns: the request, the frames that a child may send back and their bounds, how a child ended. A child has read
hostile bytes, so every frame is checked: its order, its kind, its size. Must not know: processes, sealing.

Pipe from the child: frames ``u8 kind ‖ u32 length ‖ bytes``, in the order CLEAN…, CLEAN_KEY, REPORT,
REPORT_KEY, END for a clean copy, or REPORT, REPORT_KEY, END where there is none. CLEAN frames without a
CLEAN_KEY after them were given up halfway: nobody can open them, and they are thrown away.
"""

from __future__ import annotations

import json
import signal
import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from portal.crypto.recipients import SEALED_FILE_KEY_BYTES
from verification.clean_report import Reason

FRAME_HEAD: Final = struct.Struct(">BI")
MAX_MESSAGE_BYTES: Final = 16_384
#: A clean copy has its pages beside itself, and a small original may become a large picture.
CLEAN_BYTES_FLOOR: Final = 256 * 1024 * 1024
CLEAN_BYTES_FACTOR: Final = 2
MAX_REPORT_BYTES: Final = 1024 * 1024
#: The exit code of a child that could not confine itself and therefore read nothing.
SANDBOX_MISSING: Final = 77


class Frame(IntEnum):
    """Kinds of frame."""

    CLEAN = 1
    CLEAN_KEY = 2
    REPORT = 3
    REPORT_KEY = 4
    END = 5


_MAX_BYTES: Final = {
    Frame.CLEAN: 128 * 1024,
    Frame.CLEAN_KEY: SEALED_FILE_KEY_BYTES,
    Frame.REPORT: MAX_REPORT_BYTES,
    Frame.REPORT_KEY: SEALED_FILE_KEY_BYTES,
    Frame.END: 0,
}
_AFTER: Final = {
    None: (Frame.CLEAN, Frame.REPORT),
    Frame.CLEAN: (Frame.CLEAN, Frame.CLEAN_KEY, Frame.REPORT),
    Frame.CLEAN_KEY: (Frame.REPORT,),
    Frame.REPORT: (Frame.REPORT_KEY,),
    Frame.REPORT_KEY: (Frame.END,),
    Frame.END: (),
}


class BadFrames(Exception):
    """A child said something that no honest child says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanRequest:
    """One file's work. No key is in it: the file key goes through a pipe of its own, past the zygote.

    kind: ObjectKind number of the original.  clean_id, report_id: ids of the two objects to be made.
    recipient_public: 1216 bytes, already verified up to the root, of the key both are sealed to.
    reason: given where decoding has been given up and only the report is wanted.
    parts: ids of the original's later parts, in order; each comes with a descriptor of its own.
    """

    object_id: uuid.UUID
    kind: int
    clean_id: uuid.UUID
    report_id: uuid.UUID
    recipient_key_id: uuid.UUID
    recipient_public: bytes
    reason: Reason | None = None
    parts: tuple[uuid.UUID, ...] = ()

    def encode(self) -> bytes:
        """For the zygote's socket."""
        return json.dumps(
            {
                "object_id": self.object_id.hex,
                "kind": self.kind,
                "clean_id": self.clean_id.hex,
                "report_id": self.report_id.hex,
                "recipient_key_id": self.recipient_key_id.hex,
                "recipient_public": self.recipient_public.hex(),
                "reason": self.reason,
                "parts": [part.hex for part in self.parts],
            }
        ).encode()

    @classmethod
    def decode(cls, message: bytes) -> CleanRequest:
        """What ``encode`` wrote; it comes from the worker, which is trusted."""
        values = json.loads(message)
        return cls(
            object_id=uuid.UUID(values["object_id"]),
            kind=values["kind"],
            clean_id=uuid.UUID(values["clean_id"]),
            report_id=uuid.UUID(values["report_id"]),
            recipient_key_id=uuid.UUID(values["recipient_key_id"]),
            recipient_public=bytes.fromhex(values["recipient_public"]),
            reason=Reason(values["reason"]) if values["reason"] else None,
            parts=tuple(uuid.UUID(part) for part in values["parts"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a child ended: its exit code or minus the signal, whether it was stopped for taking too long."""

    code: int
    timed_out: bool
    peak_bytes: int
    cpu_seconds: float

    @property
    def was_killed(self) -> bool:
        """Ended by the machine (short of memory) or an operator: no limit of ours ends a child this way."""
        return self.code == -signal.SIGKILL and not self.timed_out

    def encode(self) -> bytes:
        """For the zygote's socket."""
        values = (self.code, self.timed_out, self.peak_bytes, self.cpu_seconds)
        return json.dumps(values).encode()

    @classmethod
    def decode(cls, message: bytes) -> Ending:
        """What ``encode`` wrote."""
        code, timed_out, peak_bytes, cpu_seconds = json.loads(message)
        return cls(code=code, timed_out=timed_out, peak_bytes=peak_bytes, cpu_seconds=cpu_seconds)


def frame(kind: Frame, content: bytes = b"") -> bytes:
    """One frame."""
    return FRAME_HEAD.pack(kind, len(content)) + content


class FrameReader:
    """Cuts a child's bytes into frames and refuses what is out of order or too large."""

    def __init__(self, *, original_bytes: int) -> None:
        """original_bytes: how long the sealed original is; a clean copy may not be out of all proportion."""
        self._buffer = bytearray()
        self._last: Frame | None = None
        self._most = max(CLEAN_BYTES_FLOOR, CLEAN_BYTES_FACTOR * original_bytes)
        self.clean_bytes = 0

    @property
    def is_whole(self) -> bool:
        """Whether the END frame came and nothing after it."""
        return self._last is Frame.END and not self._buffer

    def feed(self, received: bytes) -> Iterator[tuple[Frame, bytes]]:
        """The frames completed by these bytes. Raises BadFrames."""
        self._buffer += received
        while len(self._buffer) >= FRAME_HEAD.size:
            number, length = FRAME_HEAD.unpack_from(self._buffer)
            kind = self._checked(number, length)
            end = FRAME_HEAD.size + length
            if len(self._buffer) < end:
                return
            content = bytes(self._buffer[FRAME_HEAD.size : end])
            del self._buffer[:end]
            self._last = kind
            self.clean_bytes += length if kind is Frame.CLEAN else 0
            yield kind, content

    def _checked(self, number: int, length: int) -> Frame:
        try:
            kind = Frame(number)
        except ValueError:
            raise BadFrames from None
        exact = kind in (Frame.CLEAN_KEY, Frame.REPORT_KEY) and length != SEALED_FILE_KEY_BYTES
        if kind not in _AFTER[self._last] or length > _MAX_BYTES[kind] or exact:
            raise BadFrames
        if kind is Frame.CLEAN and self.clean_bytes + length > self._most:
            raise BadFrames
        return kind
