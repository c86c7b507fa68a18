"""Taking rights away from a process that is about to read hostile bytes; they cannot be had back.

Owns: limits, namespaces, the system-call filter. Must not know: what is decoded. Linux alone, by ctypes, so
that no privilege and no other program is needed; where a piece is missing it raises, nothing hostile is read.
Source: 4-sealing "Clean copies"; seccomp(2), unshare(2), setrlimit(2).

The filter is the base: an allow-list of what decoding needs (memory, reading and writing open descriptors,
randomness, the end). No file can be opened, no socket made, no process started or traced, no code mapped.
Refused calls fail with EPERM, so that a library that merely asks goes on. The namespaces come on top where
the system allows them.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from verification.jobs.cleaning.limits import Limits

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWIPC: Final = 0x08000000
_CLONE_NEWNET: Final = 0x40000000

_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_REFUSE: Final = 0x00050000 | 1  # EPERM

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_IF_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K
#: Offsets in struct seccomp_data.
_CALL_NUMBER, _ARCHITECTURE, _THIRD_ARGUMENT = 0, 4, 32
_PROT_EXEC: Final = 4
#: Numbers from here on are x86-64's second table (x32), which would go around the list.
_X32: Final = 0x40000000


@dataclass(frozen=True, slots=True)
class _Machine:
    """A machine's audit number and the numbers of the calls that a child may make."""

    audit: int
    calls: Mapping[str, int]
    #: Calls whose third argument is a memory protection: never one that makes memory executable.
    mapping: Mapping[str, int]


_X86_64: Final = _Machine(
    audit=0xC000003E,
    calls=MappingProxyType(
        {
            "read": 0,
            "write": 1,
            "close": 3,
            "fstat": 5,
            "poll": 7,
            "lseek": 8,
            "munmap": 11,
            "brk": 12,
            "rt_sigaction": 13,
            "rt_sigprocmask": 14,
            "rt_sigreturn": 15,
            "pread64": 17,
            "sched_yield": 24,
            "mremap": 25,
            "madvise": 28,
            "getpid": 39,
            "exit": 60,
            "getcwd": 79,
            "readlink": 89,
            "gettimeofday": 96,
            "time": 201,
            "futex": 202,
            "clock_gettime": 228,
            "exit_group": 231,
            "getrandom": 318,
            "rseq": 334,
        }
    ),
    mapping=MappingProxyType({"mmap": 9, "mprotect": 10}),
)
_AARCH64: Final = _Machine(
    audit=0xC00000B7,
    calls=MappingProxyType(
        {
            "getcwd": 17,
            "close": 57,
            "lseek": 62,
            "read": 63,
            "write": 64,
            "pread64": 67,
            "ppoll": 73,
            "readlinkat": 78,
            "fstat": 80,
            "exit": 93,
            "exit_group": 94,
            "futex": 98,
            "clock_gettime": 113,
            "sched_yield": 124,
            "rt_sigaction": 134,
            "rt_sigprocmask": 135,
            "rt_sigreturn": 139,
            "gettimeofday": 169,
            "getpid": 172,
            "brk": 214,
            "munmap": 215,
            "mremap": 216,
            "madvise": 233,
            "getrandom": 278,
            "rseq": 293,
        }
    ),
    mapping=MappingProxyType({"mmap": 222, "mprotect": 226}),
)
_MACHINES: Final = {"x86_64": _X86_64, "aarch64": _AARCH64}


class SandboxMissing(Exception):
    """This system cannot confine a process as needed; nothing hostile may be decoded here."""


class _Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction))]


def _libc() -> ctypes.CDLL:
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        raise SandboxMissing
    return ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent_pid: int) -> None:
    """Be killed when the parent ends, however it ends. parent_pid: as the parent knew itself."""
    _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
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
    return bool(_libc().unshare(flags) == 0)


def confine(limits: Limits) -> None:
    """Give up everything but memory, open descriptors and the time in ``limits``. Raises SandboxMissing."""
    libc = _libc()
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_AS, limits.address_space_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
    ):
        resource.setrlimit(what, (most, most))
    program = _filter(_MACHINES[platform.machine()])
    # A memory image of this process would hold plaintext and a key: nobody may take one.
    for option, first, second in (
        (_PR_SET_DUMPABLE, 0, None),
        (_PR_SET_NO_NEW_PRIVS, 1, None),
        (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program)),
    ):
        if libc.prctl(option, ctypes.c_ulong(first), second, 0, 0) != 0:
            raise SandboxMissing


def _filter(machine: _Machine) -> _Program:
    """The filter program. Jump distances are counted from the instruction after the jump."""
    calls, mapping = list(machine.calls.values()), list(machine.mapping.values())
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _CALL_NUMBER),
        (_IF_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]
    # After the two lists come: refuse, then the look at a protection, then allow.
    left = len(calls) + len(mapping)
    for number in mapping:
        left -= 1
        lines.append((_IF_EQUAL, left + 1, 0, number))
    for number in calls:
        left -= 1
        lines.append((_IF_EQUAL, left + 3, 0, number))
    lines += [
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _THIRD_ARGUMENT),
        (_IF_ANY_BIT, 1, 0, _PROT_EXEC),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    instructions = (_Instruction * len(lines))(*(_Instruction(*line) for line in lines))
    return _Program(len(lines), ctypes.cast(instructions, ctypes.POINTER(_Instruction)))
