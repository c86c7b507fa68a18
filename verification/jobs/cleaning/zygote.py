"""The small process that forks a limited child for each file. Arguments: its socket, the worker's process id.

It is exec'd by the worker before any key is loaded, with an empty environment and no descriptor but its
socket, so a child inherits nothing worth stealing. It never reads a file or a key itself: descriptors go
through it unread. Must not know: the database, the settings, storage. Source: 4-sealing "Clean copies",
7-facts "Cleaning children" (a fork from here takes 6 ms, a fresh interpreter 155 ms).
"""

from __future__ import annotations

import gc
import io
import os
import resource
import select
import signal
import socket
import sys
import time
import uuid
from pathlib import Path
from typing import NoReturn

from portal.crypto.parts import MAX_PARTS
from portal.crypto.recipients import PrivateKey
from portal.crypto.stream import ObjectKind, seal_bytes
from verification.jobs.cleaning.child import clean_one
from verification.jobs.cleaning.fonts import keep_font
from verification.jobs.cleaning.limits import Limits, limits_for
from verification.jobs.cleaning.office_box import is_installed, live_in_box
from verification.jobs.cleaning.protocol import MAX_MESSAGE_BYTES, SANDBOX_MISSING, CleanRequest, Ending
from verification.jobs.cleaning.samples import samples
from verification.jobs.cleaning.sandbox import SandboxMissing, confine, die_with_parent, leave_network

_KEY, _OUT, _BOX, _FIRST_SOURCE, _PARKED, _END_OF_DESCRIPTORS = 3, 4, 5, 6, 128, 256
#: The file key's pipe, the answer's, and the original in as many parts as it may have.
_MOST_DESCRIPTORS = 2 + MAX_PARTS


class Zygote:
    """Serves one worker, one file at a time, until the worker's end of the socket closes."""

    def __init__(self, control: socket.socket, *, own_bytes: int) -> None:
        self._control = control
        self._own_bytes = own_bytes

    def serve(self) -> None:
        """Answer requests until the worker is gone."""
        while True:
            message, descriptors, _flags, _address = socket.recv_fds(
                self._control, MAX_MESSAGE_BYTES, _MOST_DESCRIPTORS
            )
            if not message:
                return
            key, out, *sources = descriptors
            sealed_bytes = sum(os.fstat(source).st_size for source in sources)
            limits = limits_for(sealed_bytes, own_bytes=self._own_bytes)
            parent = os.getpid()
            line, childs = socket.socketpair()
            pid = os.fork()
            if pid == 0:
                _live(message, [key, out, childs.fileno(), *sources], limits=limits, parent=parent)
            for descriptor in (*descriptors, childs.detach()):
                os.close(descriptor)
            with line:
                ending = self._watch(pid, line=line, seconds=limits.wall_seconds)
            self._control.send(ending.encode())

    def _watch(self, pid: int, *, line: socket.socket, seconds: float) -> Ending:
        """Wait for the child; end it when its time is up or the worker is gone.

        line: where a child asks for a box. It is made by us, because a child may start no process, and
        because we never held a key.
        """
        watched = os.pidfd_open(pid)
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        poll.register(self._control, select.POLLRDHUP | select.POLLHUP)
        poll.register(line, select.POLLIN)
        until, box = time.monotonic() + seconds, 0
        events = dict(poll.poll(seconds * 1000))
        if line.fileno() in events:
            poll.unregister(line)
            if not events[line.fileno()] & select.POLLHUP and watched not in events:
                box = _start_box(line)
            events = dict(poll.poll(max(until - time.monotonic(), 0) * 1000))
        timed_out = not events
        if watched not in events:
            signal.pidfd_send_signal(watched, signal.SIGKILL)
        _pid, status, usage = os.wait4(pid, 0)
        os.close(watched)
        usages = [usage, *_ended_box(box)]
        return Ending(
            code=os.waitstatus_to_exitcode(status),
            timed_out=timed_out,
            peak_bytes=max(usage.ru_maxrss for usage in usages) * 1024,
            cpu_seconds=sum(usage.ru_utime + usage.ru_stime for usage in usages),
        )


def _start_box(line: socket.socket) -> int:
    """Fork the box; the zygote then lets go of its end of the line. Returns the process id."""
    zygote = os.getpid()
    pid = os.fork()
    if pid == 0:
        live_in_box(line, zygote=zygote)
    line.close()
    return pid


def _ended_box(pid: int) -> list[resource.struct_rusage]:
    """Its child is gone, so a box sees to its own end at once. What it used, with all its processes."""
    return [os.wait4(pid, 0)[2]] if pid else []


def _live(message: bytes, descriptors: list[int], *, limits: Limits, parent: int) -> NoReturn:
    """The child's whole life. It leaves without clean-up: nothing here is its own to close or flush."""
    code = 1
    try:
        die_with_parent(parent)
        _keep_only(descriptors)
        with os.fdopen(_KEY, "rb") as pipe:
            file_key = pipe.read()
        sources = [os.fdopen(_FIRST_SOURCE + place, "rb") for place in range(len(descriptors) - 3)]
        out = os.fdopen(_OUT, "wb")
        box = os.fdopen(_BOX, "r+b", buffering=0) if is_installed() else None
        request = CleanRequest.decode(message)
        confine(limits)
        clean_one(request, sources=sources, file_key=file_key, out=out, box=box)
        out.flush()
        code = 0
    except SandboxMissing:
        code = SANDBOX_MISSING
    finally:
        os._exit(code)


def _keep_only(descriptors: list[int]) -> None:
    """Put these descriptors in their places and close every other but 0, 1 and 2 (all /dev/null)."""
    high = [os.dup2(descriptor, _PARKED + place) for place, descriptor in enumerate(descriptors)]
    for place, descriptor in enumerate(high, start=_KEY):
        os.dup2(descriptor, place)
    os.closerange(_KEY + len(high), _END_OF_DESCRIPTORS)


def warm_up() -> None:
    """Do every kind of work once, so that a confined child has nothing left to import or to open."""
    private = PrivateKey.generate()
    names = [uuid.UUID(int=number) for number in (1, 2, 3, 4)]
    request = CleanRequest(
        object_id=names[0],
        kind=ObjectKind.ATTACHMENT,
        clean_id=names[1],
        report_id=names[2],
        recipient_key_id=names[3],
        recipient_public=private.public().to_bytes(),
    )
    for encoded in samples():
        sealed = seal_bytes(encoded, kind=ObjectKind.ATTACHMENT, object_id=names[0], file_key=bytes(32))
        clean_one(request, sources=[io.BytesIO(sealed)], file_key=bytes(32), out=io.BytesIO())


def own_bytes() -> int:
    """How much address space this process has mapped."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def main(arguments: list[str]) -> int:
    """arguments: the inherited socket's number, the worker's process id."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # The worker finishes its job when it is told to stop, and our socket then closes.
        signal.signal(number, signal.SIG_IGN)
    die_with_parent(int(arguments[1]))
    keep_font()
    warm_up()
    leave_network()
    gc.collect()
    gc.freeze()
    control = socket.socket(fileno=int(arguments[0]))
    control.send(b"ready")
    Zygote(control, own_bytes=own_bytes()).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
