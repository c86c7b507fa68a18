"""Taking rights away from a process that is about to read hostile bytes; they cannot be had back.

Owns: limits and namespaces; the system-call filter is ``syscalls``. Must not know: what is decoded. Linux
alone, by ctypes, so that no privilege and no other program is needed; where a piece is missing it raises and
nothing hostile is read.
Source: 4-sealing "Clean copies"; seccomp(2), unshare(2), setrlimit(2).

The filter is the base: an allow-list of what decoding needs (memory, reading and writing open descriptors,
threads, randomness, the end). No file can be opened, no socket made, no process started or traced, no code
mapped. Refused calls fail with EPERM, so that a library that merely asks goes on. The namespaces come on top
where the system allows them.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from typing import Final

from portal.crypto.parts import MAX_PARTS
from verification.jobs.cleaning.box_root import map_to
from verification.jobs.cleaning.limits import Limits
from verification.jobs.cleaning.syscalls import Program, box_program, filter_program

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWIPC: Final = 0x08000000
_CLONE_NEWNET: Final = 0x40000000


class SandboxMissing(Exception):
    """This system cannot confine a process as needed; nothing hostile may be decoded here."""


def _libc() -> ctypes.CDLL:
    if sys.platform != "linux":
        raise SandboxMissing
    return ctypes.CDLL(None, use_errno=True)


def end_with_parent() -> None:
    """Be killed when the parent ends; says nothing of one that has ended already."""
    _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def die_with_parent(parent_pid: int) -> None:
    """Be killed when the parent ends, however it ends. parent_pid: as the parent knew itself."""
    end_with_parent()
    if os.getppid() != parent_pid:  # it ended before the call
        os._exit(1)


def refuse_dumps() -> None:
    """No memory image of this process, from a crash or by a debugger: it holds keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def leave_network() -> bool:
    """Move into a network (and user, and IPC) namespace with nothing in it; False where not allowed."""
    flags = _CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC
    user, group = os.geteuid(), os.getegid()
    left = bool(_libc().unshare(flags) == 0)
    if left:
        # Who is nobody there cannot make the namespaces of a box (box_root); nothing else rests on it.
        with contextlib.suppress(OSError):
            map_to(user, group, inside_user=user, inside_group=group)
    return left


def confine(limits: Limits) -> None:
    """Give up everything but memory, open descriptors and the time in ``limits``. Raises SandboxMissing."""
    libc = _libc()
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16 + MAX_PARTS),
        (resource.RLIMIT_AS, limits.address_space_bytes),
    ):
        resource.setrlimit(what, (most, most))
    # A second apart: the first ends by its own signal, which tells it from a child that somebody killed.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    # A memory image of this process would hold plaintext and a key: nobody may take one.
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise SandboxMissing
    _filter_calls(filter_program())


def forbid_in_box() -> None:
    """For a program that runs in a box: no namespaces, tracing, mounts, keyrings. Raises SandboxMissing."""
    _filter_calls(box_program())


def _filter_calls(program: Program | None) -> None:
    if program is None:
        raise SandboxMissing
    for option, first, second in (
        (_PR_SET_NO_NEW_PRIVS, 1, None),
        (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program)),
    ):
        if _libc().prctl(option, ctypes.c_ulong(first), second, 0, 0) != 0:
            raise SandboxMissing
