"""The system-call filter of a confined child: which calls are allowed, as a program for the kernel.

Owns: the allow-list of each machine, the program's assembly. Must not know: who is confined, limits.
Source: seccomp(2), bpf(2); the numbers are those of the kernel's own tables.

Memory, reading and writing open descriptors, randomness, the end. Threads of the same process are allowed,
because decoders start them (libde265 does so even for one); a new process is not. ``clone3`` hides its flags
from a filter, so it is said not to exist, and the C library then uses ``clone``.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_REFUSE: Final = 0x00050000 | 1  # EPERM
_NOT_THERE: Final = 0x00050000 | 38  # ENOSYS

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_IF_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K
#: Offsets in struct seccomp_data.
_CALL_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 32
_PROT_EXEC: Final = 4
_CLONE_THREAD: Final = 0x00010000
#: User, mount, process, network, IPC, name and control-group namespaces.
_CLONE_NAMESPACES: Final = 0x7E020000
#: Numbers from here on are x86-64's second table (x32), which would go around the list.
_X32: Final = 0x40000000


@dataclass(frozen=True, slots=True)
class _Machine:
    """A machine's audit number and the numbers of the calls that a child may make.

    mapping: calls whose third argument is a memory protection, never one that makes memory executable.
    clone: only for a thread.  clone3: said not to exist.
    """

    audit: int
    calls: Mapping[str, int]
    mapping: Mapping[str, int]
    clone: int
    clone3: int


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
            "sched_getaffinity": 204,
            "clock_gettime": 228,
            "set_robust_list": 273,
            "exit_group": 231,
            "getrandom": 318,
            "rseq": 334,
        }
    ),
    mapping=MappingProxyType({"mmap": 9, "mprotect": 10}),
    clone=56,
    clone3=435,
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
            "set_robust_list": 99,
            "clock_gettime": 113,
            "sched_getaffinity": 123,
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
    clone=220,
    clone3=435,
)
_MACHINES: Final = {"x86_64": _X86_64, "aarch64": _AARCH64}


class _Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    ]


class Program(ctypes.Structure):
    """A ``struct sock_fprog``; keeps its instructions alive."""

    _fields_ = [("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction))]


def filter_program() -> Program | None:
    """The program for this machine; None where none is known."""
    machine = _MACHINES.get(platform.machine())
    return _assembled(_lines(machine)) if sys.platform == "linux" and machine else None


def box_program() -> Program | None:
    """For a whole program in a box of namespaces: all but what could reach the kernel's own rights."""
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return None
    lines: list[_Line | str] = [
        (_LOAD, None, None, _ARCHITECTURE),
        (_IF_EQUAL, None, "kill", machine.audit),
        (_LOAD, None, None, _CALL_NUMBER),
        (_IF_AT_LEAST, "kill", None, _X32),
        *(
            (_IF_EQUAL, "refuse", None, number)
            for number in (*_NOT_IN_A_BOX[platform.machine()], *_NEW_MOUNTS)
        ),
        (_IF_EQUAL, "look at the flags", None, machine.clone),
        (_IF_EQUAL, "not there", "allow", machine.clone3),
        "look at the flags",
        (_LOAD, None, None, _FIRST_ARGUMENT),
        (_IF_ANY_BIT, "refuse", "allow", _CLONE_NAMESPACES),
        *_ENDS,
    ]
    return _assembled(lines)


#: ptrace, unshare, setns, mount, umount2, pivot_root, bpf, keyctl, add_key, request_key, perf_event_open,
#: userfaultfd, io_uring_setup, kexec_load, init_module, process_vm_readv, process_vm_writev,
#: open_by_handle_at, open_tree, move_mount, fsopen, fsmount, mount_setattr.
#: These have the same numbers everywhere.
_NEW_MOUNTS: Final = (428, 429, 430, 432, 442)
_NOT_IN_A_BOX: Final = {
    "x86_64": (101, 272, 308, 165, 166, 155, 321, 250, 248, 249, 298, 323, 425, 246, 175, 310, 311, 304),
    "aarch64": (117, 97, 268, 40, 39, 41, 280, 219, 217, 218, 241, 282, 425, 104, 105, 270, 271, 265),
}

#: Operation, where to go if true and if false (None: the next line), operand.
_Line = tuple[int, str | None, str | None, int]


def _lines(machine: _Machine) -> list[_Line | str]:
    """The program, with labels between its lines."""
    calls, mapping = machine.calls.values(), machine.mapping.values()
    return [
        (_LOAD, None, None, _ARCHITECTURE),
        (_IF_EQUAL, None, "kill", machine.audit),
        (_LOAD, None, None, _CALL_NUMBER),
        (_IF_AT_LEAST, "kill", None, _X32),
        *((_IF_EQUAL, "allow", None, number) for number in calls),
        *((_IF_EQUAL, "look at the protection", None, number) for number in mapping),
        (_IF_EQUAL, "look at the flags", None, machine.clone),
        (_IF_EQUAL, "not there", "refuse", machine.clone3),
        "look at the protection",
        (_LOAD, None, None, _THIRD_ARGUMENT),
        (_IF_ANY_BIT, "refuse", "allow", _PROT_EXEC),
        "look at the flags",
        (_LOAD, None, None, _FIRST_ARGUMENT),
        (_IF_ANY_BIT, "allow", "refuse", _CLONE_THREAD),
        *_ENDS,
    ]


_ENDS: Final[tuple[_Line | str, ...]] = (
    "allow",
    (_RETURN, None, None, _ALLOW),
    "refuse",
    (_RETURN, None, None, _REFUSE),
    "not there",
    (_RETURN, None, None, _NOT_THERE),
    "kill",
    (_RETURN, None, None, _KILL),
)


def _assembled(lines: list[_Line | str]) -> Program:
    """Labels become distances, counted from the instruction after the jump."""
    places: dict[str, int] = {}
    instructions: list[_Line] = []
    for line in lines:
        if isinstance(line, str):
            places[line] = len(instructions)
        else:
            instructions.append(line)
    array = (_Instruction * len(instructions))()
    for at, (code, if_true, if_false, operand) in enumerate(instructions):
        distances = [0 if label is None else places[label] - at - 1 for label in (if_true, if_false)]
        array[at] = _Instruction(code, *distances, operand)
    return Program(len(instructions), ctypes.cast(array, ctypes.POINTER(_Instruction)))
