"""A file written forward, past the page cache where the file system allows it, holds what was given to it."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest

from portal.models import Rng
from portal.storage.forward import BLOCK_BYTES, ForwardFile

SIZE = 3 * BLOCK_BYTES + 4097


@pytest.fixture
def helpers() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def fd(tmp_path: Path) -> Iterator[int]:
    number = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    yield number
    os.close(number)


def is_direct(fd: int) -> bool:
    return bool(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_DIRECT)


def takes_direct(fd: int) -> bool:
    """Whether the tests' folder is on a file system with direct writes; one in memory may have none."""
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    try:
        fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_DIRECT)
    except OSError:
        return False
    fcntl.fcntl(fd, fcntl.F_SETFL, flags)
    return True


def fill(fd: int, content: bytes, *, helpers: Executor) -> None:
    file = ForwardFile(fd, helpers=helpers)
    for start in range(0, len(content), 70_001):
        file.write(content[start : start + 70_001])
    file.finish()


def test_full_blocks_go_past_the_page_cache_and_the_rest_through_it(
    fd: int, rng: Rng, helpers: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, real, direct = rng(SIZE), os.pwrite, takes_direct(fd)
    writes: list[tuple[int, int, bool]] = []

    def watched(number: int, part: memoryview, at: int) -> int:
        writes.append((at, len(part), is_direct(number)))
        return real(number, part, at)

    monkeypatch.setattr(os, "pwrite", watched)
    fill(fd, content, helpers=helpers)
    assert writes == [
        (0, BLOCK_BYTES, direct),
        (BLOCK_BYTES, BLOCK_BYTES, direct),
        (2 * BLOCK_BYTES, BLOCK_BYTES, direct),
        (3 * BLOCK_BYTES, 4097, False),
    ]
    assert (tmp_path / "file").read_bytes() == content


def test_file_system_without_direct_writes_gets_ordinary_ones(
    fd: int, rng: Rng, helpers: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, real = rng(SIZE), os.pwrite

    def refusing(number: int, part: memoryview, at: int) -> int:
        if is_direct(number):
            raise OSError(errno.EINVAL, "no direct writes here")
        return real(number, part, at)

    monkeypatch.setattr(os, "pwrite", refusing)
    fill(fd, content, helpers=helpers)
    assert (tmp_path / "file").read_bytes() == content


def test_direct_write_that_falls_short_is_continued_from_where_it_stopped(
    fd: int, rng: Rng, helpers: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, real = rng(SIZE), os.pwrite

    def short(number: int, part: memoryview, at: int) -> int:
        return real(number, part[:4096] if is_direct(number) else part[:100_001], at)

    monkeypatch.setattr(os, "pwrite", short)
    fill(fd, content, helpers=helpers)
    assert (tmp_path / "file").read_bytes() == content


def test_trouble_with_a_block_is_told_with_the_next_one_or_at_the_end(
    fd: int, helpers: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "pwrite", full)
    file = ForwardFile(fd, helpers=helpers)
    file.write(bytes(BLOCK_BYTES))
    with pytest.raises(OSError, match="full"):
        file.write(bytes(BLOCK_BYTES))
    last = ForwardFile(fd, helpers=helpers)
    last.write(bytes(BLOCK_BYTES))
    with pytest.raises(OSError, match="full"):
        last.finish()


def test_settle_waits_for_the_block_under_way_and_tells_no_trouble(
    fd: int, helpers: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, ended = threading.Event(), []

    def slow(*_: object) -> int:
        go_on.wait()
        ended.append(True)
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "pwrite", slow)
    file = ForwardFile(fd, helpers=helpers)
    file.write(bytes(BLOCK_BYTES))
    settling = helpers.submit(file.settle)
    assert not settling.done()
    go_on.set()
    settling.result()
    assert ended
