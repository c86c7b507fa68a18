"""Namespaces of its own and a root that has only programs, fonts and a small memory disk.

Owns: the mounts. Must not know: which program, documents. By ctypes, so that no privilege and no other
program is needed. Source: user_namespaces(7), mount_namespaces(7), pivot_root(2), mount_setattr(2).
"""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path
from typing import Final

_CLONE: Final = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000
_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 0x1000, 0x4000, 1 << 18
_MNT_DETACH: Final = 2
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_NODEV = 1, 2, 4
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_SETATTR: Final = 442
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}
#: Whoever it is outside, inside it is nobody in particular, and has no capability once it runs a program.
_INSIDE: Final = 1000
#: Holds the document, the profile (about 2 MiB) and the PDF.
MEMORY_DISK: Final = "size=192m,nr_inodes=8k,mode=700"

#: What a program needs to start and to draw letters. Links stay links.
_PROGRAMS: Final = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/fonts", "/etc/libreoffice")
_MORE: Final = ("/etc/ld.so.cache", "/var/cache/fontconfig", "/var/lib/libreoffice")
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_NEW_ROOT: Final = Path("/tmp")  # noqa: S108  # a place that every host has, covered by a mount nobody else sees


class BoxMissing(Exception):
    """This system cannot make such a box; no program may be run on a hostile file here."""


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns_fd")]


_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def enter_namespaces() -> None:
    """Users, mounts, processes (from the next fork on), network, IPC and names of its own."""
    user, group = os.geteuid(), os.getegid()
    if _LIBC.unshare(_CLONE) != 0:
        raise BoxMissing
    try:
        map_to(user, group, inside_user=_INSIDE, inside_group=_INSIDE)
    except OSError:
        raise BoxMissing from None


def map_to(user: int, group: int, *, inside_user: int, inside_group: int) -> None:
    """Say who this process is in the user namespace it has just made. Raises OSError."""
    own = Path("/proc/self")
    (own / "setgroups").write_bytes(b"deny")
    (own / "uid_map").write_bytes(b"%d %d 1" % (inside_user, user))
    (own / "gid_map").write_bytes(b"%d %d 1" % (inside_group, group))


def build_root(*, programs: Path) -> None:
    """Leave the host's files for a root of our own. programs: must be within what is bound."""
    _mount(None, "/", flags=_MS_REC | _MS_PRIVATE)
    _mount("tmpfs", str(_NEW_ROOT), kind="tmpfs", flags=_MS_NOSUID | _MS_NODEV, options=MEMORY_DISK)
    for each in (*_PROGRAMS, *_MORE, *_DEVICES):
        _bring(Path(each), is_device=each in _DEVICES)
    for own in ("box", "box/out", "tmp", "home"):
        (_NEW_ROOT / own).mkdir()
    os.chdir(_NEW_ROOT)
    pivot_root = _PIVOT_ROOT.get(platform.machine())
    if pivot_root is None or _LIBC.syscall(pivot_root, b".", b".") != 0:
        raise BoxMissing
    if _LIBC.umount2(b".", _MNT_DETACH) != 0:
        raise BoxMissing
    os.chdir("/box")
    if not programs.is_dir():
        raise BoxMissing


def _bring(path: Path, *, is_device: bool) -> None:
    """Bind one thing of the host into the new root, read-only all the way down."""
    target = _NEW_ROOT / path.relative_to("/")
    if not path.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        target.symlink_to(path.readlink())
        return
    if path.is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    _mount(str(path), str(target), flags=_MS_BIND | _MS_REC)
    wanted = _MOUNT_ATTR_NOSUID | (0 if is_device else _MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NODEV)
    attributes = _MountAttributes(set=wanted)
    done = _LIBC.syscall(
        _MOUNT_SETATTR, _AT_FDCWD, os.fsencode(target), _AT_RECURSIVE,
        ctypes.byref(attributes), ctypes.sizeof(attributes),
    )  # fmt: skip
    if done != 0:
        raise BoxMissing


def _mount(source: str | None, target: str, *, kind: str = "", flags: int, options: str = "") -> None:
    done = _LIBC.mount(
        os.fsencode(source or "none"), os.fsencode(target), kind.encode() or None,
        ctypes.c_ulong(flags), options.encode() or None,
    )  # fmt: skip
    if done != 0:
        raise BoxMissing
