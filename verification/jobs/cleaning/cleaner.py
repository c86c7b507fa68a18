"""The worker's side of cleaning: starts the zygote, hands it one original at a time, checks what comes back.

Owns: the zygote's life, deadlines, where the sealed clean copy is pushed. Must not know: tables, what any of
the bytes mean. A zygote that died or fell silent is replaced; the job then runs again by its lease.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from verification.jobs.cleaning.limits import limits_for
from verification.jobs.cleaning.protocol import (
    MAX_MESSAGE_BYTES,
    SANDBOX_MISSING,
    BadFrames,
    CleanRequest,
    Ending,
    Frame,
    FrameReader,
)

PROJECT: Final = Path(__file__).resolve().parents[3]
ZYGOTE: Final = "verification.jobs.cleaning.zygote"
READY_SECONDS: Final = 30.0
#: How much longer than the child's own limit the worker waits before it gives the zygote up.
GRACE_SECONDS: Final = 10.0
PIPE_BYTES: Final = 1 << 16


class Sink(Protocol):
    """Takes sealed bytes in order."""

    def write(self, sealed: bytes, /) -> int:
        """Append; returns how many."""
        ...


class CleanerLost(Exception):
    """The zygote is gone or silent; nothing is known of the file. Try again later."""


class SandboxUnavailable(Exception):
    """This host cannot confine a child; nothing is cleaned on it. An operator has to know."""


class ChildDied(Exception):
    """The child met a limit or crashed on this file; the next one may be told not to decode it."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(f"{ending.code} {ending.timed_out}")
        self.ending = ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What a child gave back, all sealed to the reader's key.

    clean_grant: 1168 bytes for the clean copy that was pushed into the sink, or None where there is none.
    clean_bytes: how many sealed bytes were pushed.  report: the sealed report; report_grant: its file key.
    """

    clean_grant: bytes | None
    clean_bytes: int
    report: bytes
    report_grant: bytes
    ending: Ending


class Cleaner:
    """One zygote and the line to it. Not for two threads at once."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self) -> None:
        """Exec the zygote and wait until it is warm. Call it before any key is loaded. Raises CleanerLost."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                (sys.executable, "-m", ZYGOTE, str(theirs.fileno()), str(os.getpid())),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Nothing of ours, above all no setting: an environment is readable in /proc.
                env={"PYTHONPATH": str(PROJECT), "PATH": os.defpath, "LANG": "C.UTF-8"},
                cwd="/",
                pass_fds=(theirs.fileno(),),
            )
        self._control = ours
        if self._hear(READY_SECONDS) != b"ready":
            self.close()
            raise CleanerLost

    @property
    def pid(self) -> int | None:
        """The zygote's process id while it lives."""
        alive = self._process is not None and self._process.poll() is None
        return self._process.pid if alive and self._process is not None else None

    def close(self) -> None:
        """End the zygote and any child of it at once."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def clean(
        self, request: CleanRequest, *, source_fds: Sequence[int], file_key: bytes, clean_out: Sink
    ) -> Cleaned:
        """Have one original cleaned in a child of its own.

        source_fds: the sealed original or its parts, readable and seekable; read by the child alone.
        file_key: 32 bytes.
        clean_out: gets the sealed clean copy as it comes; it is whole only if this returns with a grant.
        Raises ChildDied, CleanerLost, SandboxUnavailable, and whatever the sink raises.
        """
        if self.pid is None:
            self.close()
            self.start()
        original_bytes = sum(os.fstat(source).st_size for source in source_fds)
        limits = limits_for(original_bytes, own_bytes=0)
        until = time.monotonic() + limits.wall_seconds + GRACE_SECONDS
        try:
            received = self._send(request, source_fds=source_fds, file_key=file_key)
            reader = FrameReader(original_bytes=original_bytes)
            collected = self._collect(received, reader, clean_out=clean_out, until=until)
            return self._concluded(collected, until=until)
        except (ChildDied, SandboxUnavailable):
            raise
        except BaseException:
            # In the middle of anything else, even a stop, the line is out of step: it is not used again.
            self.close()
            raise

    def _send(self, request: CleanRequest, *, source_fds: Sequence[int], file_key: bytes) -> int:
        """Hand over the request and its descriptors; returns our end of the child's pipe."""
        control = self._control
        assert control is not None
        key_read, key_write = os.pipe2(os.O_CLOEXEC)
        out_read, out_write = os.pipe2(os.O_CLOEXEC)
        try:
            os.write(key_write, file_key)
            socket.send_fds(control, [request.encode()], [key_read, out_write, *source_fds])
        except OSError:
            os.close(out_read)
            raise CleanerLost from None
        finally:
            for descriptor in (key_read, key_write, out_write):
                os.close(descriptor)
        return out_read

    def _collect(
        self, pipe: int, reader: FrameReader, *, clean_out: Sink, until: float
    ) -> tuple[dict[Frame, bytes], int] | None:
        """The frames but the clean copy's, and how many bytes those had; None where they were not whole."""
        answer = dict[Frame, bytes]()
        try:
            while received := _read_until(pipe, until=until):
                for kind, content in reader.feed(received):
                    if kind is Frame.CLEAN:
                        clean_out.write(content)
                    else:
                        answer[kind] = content
        except BadFrames:
            return None
        finally:
            os.close(pipe)
        return (answer, reader.clean_bytes) if reader.is_whole else None

    def _concluded(self, collected: tuple[dict[Frame, bytes], int] | None, *, until: float) -> Cleaned:
        ending = Ending.decode(self._hear(until - time.monotonic() + GRACE_SECONDS))
        if ending.code == SANDBOX_MISSING:
            raise SandboxUnavailable
        if collected is None or ending.code != 0:
            raise ChildDied(ending)
        answer, clean_bytes = collected
        return Cleaned(
            clean_bytes=clean_bytes,
            clean_grant=answer.get(Frame.CLEAN_KEY),
            report=answer[Frame.REPORT],
            report_grant=answer[Frame.REPORT_KEY],
            ending=ending,
        )

    def _hear(self, seconds: float) -> bytes:
        """The zygote's next message. Raises CleanerLost if it is gone or silent."""
        assert self._control is not None
        self._control.settimeout(max(seconds, 0.1))
        try:
            message = self._control.recv(MAX_MESSAGE_BYTES)
        except OSError:
            message = b""
        if not message:
            self.close()
            raise CleanerLost
        return message


def _read_until(pipe: int, *, until: float) -> bytes:
    """Some bytes of the pipe, empty at its end. Raises CleanerLost when the time is up."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    if not poll.poll(max(until - time.monotonic(), 0) * 1000):
        raise CleanerLost
    return os.read(pipe, PIPE_BYTES)


@contextlib.contextmanager
def in_memory(pieces: Iterable[bytes]) -> Iterator[int]:
    """A descriptor of these bytes, which lie in memory alone and go with it."""
    descriptor = os.memfd_create("sealed")
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.writelines(pieces)
        yield descriptor
    finally:
        os.close(descriptor)
