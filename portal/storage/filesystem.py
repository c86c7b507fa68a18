"""The blob store on a local disk: temp file, fsync, rename, fsync of the folder.

Layout: ``<root>/incoming/<name>`` while writing, ``<root>/ab/<name>`` once kept (``ab``: the first two
characters). Folders 0700, files 0600. Modification times of files and folders are set to the day. Must not
know: rows, keys, what is sealed. Source: 3-architecture rule 3, 4-sealing "routing".

A kernel also keeps a change time that no program can set; ``level_times`` (run nightly by the sweep) makes it
the same for all blobs of a day. Some file systems keep a creation time besides; the threat model says so.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO, Final

from portal.clock import CIVIL_ZONE, day_start
from portal.models.base import Rng
from portal.storage.blobs import BlobReader, BlobWriter, StoredBlob, checked_name, new_name
from portal.storage.errors import BlobMissing, Busy, RetryLater
from portal.storage.forward import ForwardFile

INCOMING: Final = "incoming"
HELPERS: Final = 4
"""Threads that hand full blocks to the disk, for all files on their way together."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NEW_FILE: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """Turn "no space left" into RetryLater; every other trouble of the disk is a fault and stays one."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise RetryLater(Busy.DISK_FULL) from None
        raise


class FileBlobs:
    """A ``Blobs`` under one folder, which is made at need. Safe for any number of threads and processes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / INCOMING
        self._helpers = ThreadPoolExecutor(HELPERS, thread_name_prefix="blob")  # threads begin at need
        for folder in (root, self._incoming):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def create(self, *, rng: Rng) -> BlobWriter:
        """See ``Blobs.create``."""
        return _FileWriter(self._root, new_name(rng), helpers=self._helpers)

    def open(self, name: str) -> BlobReader:
        """See ``Blobs.open``."""
        try:
            return _open_file(self._path(name))
        except FileNotFoundError:
            raise BlobMissing from None

    def delete(self, name: str) -> None:
        """See ``Blobs.delete``. The folder is synced: what was deleted does not come back after a crash."""
        path = self._path(name)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            _sync_folder(path.parent)

    def stored(self) -> Iterator[StoredBlob]:
        """See ``Blobs.stored``."""
        for folder in self._folders():
            for entry in _entries(folder):
                with contextlib.suppress(FileNotFoundError, ValueError):
                    yield StoredBlob(checked_name(entry.name), _day_of(entry.stat().st_mtime))

    def discard_unfinished(self, *, older_than_seconds: int) -> int:
        """See ``Blobs.discard_unfinished``. A writer touches its file with each chunk: age is idleness."""
        # The machine's own clock: these times were written by the kernel, not by the application's clock.
        limit = time.time() - older_than_seconds
        count = 0
        for entry in _entries(self._incoming):
            with contextlib.suppress(FileNotFoundError):
                if entry.stat().st_mtime <= limit:
                    os.unlink(entry.path)
                    count += 1
        return count

    def level_times(self, *, day: date) -> int:
        """See ``Blobs.level_times``: setting the times again moves the change time to now, for all alike."""
        seconds = day_start(day).timestamp()
        count = 0
        for folder in self._folders():
            for entry in _entries(folder):
                with contextlib.suppress(FileNotFoundError):
                    if entry.stat().st_mtime == seconds:
                        os.utime(entry.path, (seconds, seconds))
                        count += 1
        return count

    def _path(self, name: str) -> Path:
        return self._root / checked_name(name)[:2] / name

    def _folders(self) -> list[Path]:
        folders = [self._root / f"{number:02x}" for number in range(256)]
        secrets.SystemRandom().shuffle(folders)
        return [folder for folder in folders if folder.is_dir()]


class _FileWriter:
    """One blob on its way. Not for two threads at once."""

    def __init__(self, root: Path, name: str, *, helpers: Executor) -> None:
        self._name = name
        self._target = root / name[:2] / name
        self._temporary = root / INCOMING / name
        with _room():
            self._fd = os.open(self._temporary, _NEW_FILE, 0o600)
        self._file = ForwardFile(self._fd, helpers=helpers)

    @property
    def name(self) -> str:
        return self._name

    def write(self, sealed: bytes, /) -> int:
        with _room():
            self._file.write(sealed)
        return len(sealed)

    def keep(self, *, day: date) -> None:
        seconds = day_start(day).timestamp()
        try:
            with _room():
                self._file.finish()
                os.utime(self._fd, (seconds, seconds))
                os.fsync(self._fd)
                _make_folder(self._target.parent)
                os.rename(self._temporary, self._target)
        except BaseException:
            self.discard()
            raise
        self._close()
        # A folder's own time says when its last entry came; the root's, when the last folder did.
        for folder in (self._target.parent, self._temporary.parent, self._target.parent.parent):
            os.utime(folder, (seconds, seconds))
        _sync_folder(self._target.parent)

    def discard(self) -> None:
        if self._fd < 0:
            return
        self._close()
        with contextlib.suppress(FileNotFoundError):
            self._temporary.unlink()
            _level_folder(self._temporary.parent)

    def _close(self) -> None:
        self._file.settle()  # or a block would go to whatever file gets this number next
        fd, self._fd = self._fd, -1
        os.close(fd)


def _open_file(path: Path) -> BinaryIO:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    return os.fdopen(fd, "rb", buffering=1 << 17)


def _make_folder(folder: Path) -> None:
    """Make a fan-out folder durably: a new folder is itself an entry that a crash could lose."""
    if folder.is_dir():
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _level_folder(folder: Path) -> None:
    """Leave of the moment something went out of a folder only its day."""
    # By the machine's own clock: the kernel wrote that time, not the application.
    seconds = day_start(_day_of(folder.stat().st_mtime)).timestamp()
    os.utime(folder, (seconds, seconds))


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        entries = [entry for entry in found if entry.is_file(follow_symlinks=False)]
    secrets.SystemRandom().shuffle(entries)
    return entries


def _day_of(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, CIVIL_ZONE).date()
