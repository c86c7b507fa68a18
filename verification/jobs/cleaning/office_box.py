"""A box of its own for LibreOffice: a document goes in through a socket, a PDF comes out, and nothing else.

Owns: the wire to the confined child, the namespaces, the root of read-only programs on a private tmpfs, the
limits. The box is forked from the zygote, which never held a key, when a confined child asks for it. Where it
cannot be made, nothing is run. Must not know: formats, keys, what becomes of the PDF.
Source: 4-sealing "Clean copies"; namespaces(7), pivot_root(2), mount_setattr(2), setrlimit(2).

What runs inside has no network, no other process to see, no file of this host but programs and fonts, no
capability, and its plaintext lies in memory alone. What it gives back is as hostile as what it was given.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import stat
import struct
import time
from enum import IntEnum
from pathlib import Path
from typing import Final, NoReturn

from verification.jobs.cleaning.box_root import BoxMissing, build_root, enter_namespaces
from verification.jobs.cleaning.sandbox import end_with_parent, forbid_in_box

PROGRAM: Final = Path("/usr/lib/libreoffice/program/soffice.bin")
MAX_DOCUMENT_BYTES: Final = 64 * 1024 * 1024
MAX_PDF_BYTES: Final = 64 * 1024 * 1024
#: A page of text takes 0.02 s after a start of about a second.
BOX_CPU_SECONDS: Final = 8
BOX_WALL_SECONDS: Final = 45.0
#: What it may write to in memory; it uses about 130 MiB for an ordinary document, 210 resident.
BOX_DATA_BYTES: Final = 380 * 1024 * 1024
BOX_STACK_BYTES: Final = 1024 * 1024
BOX_PROCESSES: Final = 64
#: One more than are shown, so that the report can tell there was more.
LAST_PAGE: Final = 201
#: A first start makes its profile and asks to be started again.
START_AGAIN: Final = 81
PIECE_BYTES: Final = 1 << 16

#: From the child: which program of the suite, how many bytes follow. To the child: how it went, how many.
WIRE: Final = struct.Struct(">BI")


class Suite(IntEnum):
    """Which of the programs draws a document."""

    WRITER = 1
    CALC = 2
    IMPRESS = 3
    DRAW = 4


class Drawn(IntEnum):
    """How it went. NO_BOX: nothing was run."""

    WELL = 0
    NO_BOX = 1
    BROKEN = 2
    OVER_LIMITS = 3


_SETTINGS: Final = b"""<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
</oor:items>
"""
_AS_PDF: Final = (
    'pdf:{suite}_pdf_Export:{{"ExportNotes":{{"type":"boolean","value":"false"}},'
    f'"PageRange":{{{{"type":"string","value":"1-{LAST_PAGE}"}}}}}}}}'
)


def is_installed() -> bool:
    """Whether this host has the program at all."""
    return PROGRAM.is_file()


def live_in_box(line: socket.socket, *, zygote: int) -> NoReturn:
    """The box's whole life. line: to the confined child; every other descriptor is closed first."""
    code = 1
    try:
        end_with_parent()
        if os.getppid() != zygote:
            os._exit(1)
        kept = os.dup2(line.fileno(), 3)
        os.closerange(4, 256)
        _answer(kept)
        code = 0
    finally:
        os._exit(code)


def _answer(line: int) -> None:
    """Fork the first process of the new namespaces and see to its end."""
    try:
        if not is_installed():
            raise BoxMissing
        enter_namespaces()
    except BoxMissing:
        _say(line, Drawn.NO_BOX)
        return
    alive, held = os.pipe()
    inner = os.fork()
    if inner == 0:
        os.close(held)
        _live_inside(line, alive=alive)
    os.close(alive)
    poll = select.poll()
    watched = os.pidfd_open(inner)
    poll.register(watched, select.POLLIN)
    poll.register(line, select.POLLRDHUP)  # the child is gone, or its time is up
    if watched not in dict(poll.poll(BOX_WALL_SECONDS * 1000)):
        signal.pidfd_send_signal(watched, signal.SIGKILL)  # and with it everything in the box
    _pid, status = os.waitpid(inner, 0)
    if status != 0:
        with contextlib.suppress(OSError):
            _say(line, Drawn.OVER_LIMITS)


def _live_inside(line: int, *, alive: int) -> NoReturn:
    """The first process in the box: build the root, take the document, start the program, give the PDF."""
    code = 1
    try:
        end_with_parent()
        hung_up = select.poll()
        hung_up.register(alive, 0)
        if hung_up.poll(0):
            os._exit(1)  # the outer process ended before the call
        os.close(alive)
        try:
            build_root(programs=PROGRAM.parent)
        except (BoxMissing, OSError):
            _say(line, Drawn.NO_BOX)
            os._exit(0)
        suite = _take(line)
        how = _draw(suite)
        _give(line, how)
        code = 0
    finally:
        os._exit(code)


def _say(line: int, how: Drawn, length: int = 0) -> None:
    os.write(line, WIRE.pack(how, length))


def _take(line: int) -> Suite:
    """The document, into the box's own memory."""
    number, length = WIRE.unpack(_exactly(line, WIRE.size))
    with Path("/box/document").open("wb") as out:
        while length:
            piece = os.read(line, min(length, PIECE_BYTES))
            if not piece:
                raise EOFError
            out.write(piece)
            length -= len(piece)
    return Suite(number)


def _exactly(line: int, length: int) -> bytes:
    received = b""
    while len(received) < length:
        piece = os.read(line, length - len(received))
        if not piece:
            raise EOFError
        received += piece
    return received


def _draw(suite: Suite) -> Drawn:
    """Run the program until it is done, at most twice."""
    profile = Path("/box/profile/user")
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_bytes(_SETTINGS)
    until = time.monotonic() + BOX_WALL_SECONDS
    code = START_AGAIN
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            _become_program(suite)
        code = _end_of(pid, until=until)
        if code != START_AGAIN:
            break
    if code == 0 and _is_plain(Path("/box/out/document.pdf")):
        return Drawn.WELL
    # Short of memory it gives up by one signal or another.
    return Drawn.OVER_LIMITS if code < 0 else Drawn.BROKEN


def _end_of(pid: int, *, until: float) -> int:
    """How a process ended; whatever else it left to the first process is picked up on the way."""
    while time.monotonic() < until:
        ended, status = os.waitpid(-1, 0)
        if ended == pid:
            return os.waitstatus_to_exitcode(status)
    return -signal.SIGKILL


def _become_program(suite: Suite) -> NoReturn:
    code = 1
    try:
        os.closerange(3, 256)
        for what, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_DATA, BOX_DATA_BYTES),
            (resource.RLIMIT_STACK, BOX_STACK_BYTES),
            (resource.RLIMIT_FSIZE, MAX_PDF_BYTES),
            (resource.RLIMIT_NOFILE, 512),
            (resource.RLIMIT_NPROC, BOX_PROCESSES),
        ):
            resource.setrlimit(what, (most, most))
        resource.setrlimit(resource.RLIMIT_CPU, (BOX_CPU_SECONDS, BOX_CPU_SECONDS + 1))
        forbid_in_box()
        arguments = (
            *("-env:UserInstallation=file:///box/profile", "--headless", "--norestore", "--nolockcheck"),
            *("--convert-to", _AS_PDF.format(suite=suite.name.lower())),
            *("--outdir", "/box/out", "/box/document"),
        )
        # There is no /proc to tell the loader where the program lies.
        found = {"LD_LIBRARY_PATH": str(PROGRAM.parent), "PATH": "/usr/bin", "LANG": "C.UTF-8"}
        os.execve(PROGRAM, (str(PROGRAM), *arguments), found | {"HOME": "/box", "TMPDIR": "/box"})  # noqa: S606  # our own words alone
    finally:
        os._exit(code)


def _is_plain(path: Path) -> bool:
    with contextlib.suppress(OSError):
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and 0 < found.st_size <= MAX_PDF_BYTES
    return False


def _give(line: int, how: Drawn) -> None:
    if how is not Drawn.WELL:
        _say(line, how)
        return
    with Path("/box/out/document.pdf").open("rb") as pdf:
        _say(line, how, length := os.fstat(pdf.fileno()).st_size)
        while length > 0 and (piece := pdf.read(min(length, PIECE_BYTES))):
            sent = memoryview(piece)
            while sent:
                sent = sent[os.write(line, sent) :]
            length -= len(piece)
