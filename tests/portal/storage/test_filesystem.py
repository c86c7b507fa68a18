"""The blob store on disk: whole or not at all, no time finer than a day, typed when full."""

from __future__ import annotations

import errno
import os
import stat
import time
from datetime import date, datetime
from pathlib import Path

import pytest

from portal.clock import CIVIL_ZONE
from portal.models import Rng
from portal.storage.blobs import StoredBlob
from portal.storage.errors import BlobMissing, Busy, RetryLater
from portal.storage.filesystem import INCOMING, FileBlobs
from portal.storage.forward import BLOCK_BYTES

DAY = date(2026, 3, 2)


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


def store(blobs: FileBlobs, sealed: bytes, *, rng: Rng, day: date = DAY) -> str:
    writer = blobs.create(rng=rng)
    writer.write(sealed)
    writer.keep(day=day)
    return writer.name


def files_under(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("size", [0, 1, 65536, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 9 << 20])
def test_blob_of_any_size_is_read_back_whole(blobs: FileBlobs, rng: Rng, size: int) -> None:
    sealed = rng(1 << 16) * (size // (1 << 16) + 1)
    writer = blobs.create(rng=rng)
    for start in range(0, size, 65552):
        piece = sealed[start : min(start + 65552, size)]
        assert writer.write(piece) == len(piece)
    writer.keep(day=DAY)
    with blobs.open(writer.name) as source:
        assert source.read() == sealed[:size]
        source.seek(size // 2)
        assert source.read() == sealed[size // 2 : size]


def test_blob_before_keep_cannot_be_opened(blobs: FileBlobs, rng: Rng) -> None:
    writer = blobs.create(rng=rng)
    writer.write(b"sealed")
    with pytest.raises(BlobMissing):
        blobs.open(writer.name)
    assert list(blobs.stored()) == []
    writer.keep(day=DAY)
    assert list(blobs.stored()) == [StoredBlob(writer.name, DAY)]


def test_blob_discarded_leaves_no_file(blobs: FileBlobs, rng: Rng, tmp_path: Path) -> None:
    writer = blobs.create(rng=rng)
    writer.write(bytes(BLOCK_BYTES))
    assert len(files_under(tmp_path)) == 1
    writer.discard()
    writer.discard()
    assert files_under(tmp_path) == []


def test_blob_discarded_leaves_no_time_finer_than_its_day(blobs: FileBlobs, rng: Rng, tmp_path: Path) -> None:
    incoming = tmp_path / "blobs" / INCOMING
    writer = blobs.create(rng=rng)
    writer.discard()
    written_at = datetime.fromtimestamp(incoming.stat().st_mtime, CIVIL_ZONE)
    assert (written_at.hour, written_at.minute, written_at.second) == (0, 0, 0)


def test_discard_after_keep_keeps_the_blob(blobs: FileBlobs, rng: Rng) -> None:
    writer = blobs.create(rng=rng)
    writer.write(b"sealed")
    writer.keep(day=DAY)
    writer.discard()
    assert [blob.name for blob in blobs.stored()] == [writer.name]


def test_blob_and_folders_are_for_their_owner_alone(blobs: FileBlobs, rng: Rng, tmp_path: Path) -> None:
    os.umask(0)
    name = store(blobs, b"sealed", rng=rng)
    path = tmp_path / "blobs" / name[:2] / name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, path.parent.parent, tmp_path / "blobs" / INCOMING):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_blob_and_folder_times_are_the_day_and_nothing_finer(
    blobs: FileBlobs, rng: Rng, tmp_path: Path
) -> None:
    name = store(blobs, b"sealed", rng=rng)
    midnight = datetime(2026, 3, 2, tzinfo=CIVIL_ZONE).timestamp()
    path = tmp_path / "blobs" / name[:2] / name
    for told in (path, path.parent, tmp_path / "blobs" / INCOMING, tmp_path / "blobs"):
        assert (told.stat().st_mtime, told.stat().st_atime) == (midnight, midnight)


def test_level_times_gives_all_blobs_of_a_day_later_change_times(
    blobs: FileBlobs, rng: Rng, tmp_path: Path
) -> None:
    of_the_day = [store(blobs, b"sealed", rng=rng) for _ in range(3)]
    other = store(blobs, b"sealed", rng=rng, day=date(2026, 3, 1))
    paths = {name: tmp_path / "blobs" / name[:2] / name for name in [*of_the_day, other]}
    before = {name: path.stat().st_ctime_ns for name, path in paths.items()}
    assert blobs.level_times(day=DAY) == 3
    changed = {name for name, path in paths.items() if path.stat().st_ctime_ns > before[name]}
    assert changed == set(of_the_day)
    assert {blob.stored_on for blob in blobs.stored() if blob.name in of_the_day} == {DAY}


def test_delete_removes_the_blob_and_a_second_time_nothing(blobs: FileBlobs, rng: Rng) -> None:
    name = store(blobs, b"sealed", rng=rng)
    blobs.delete(name)
    blobs.delete(name)
    with pytest.raises(BlobMissing):
        blobs.open(name)


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 33, "0" * 31 + "/", "\n" * 32]
)
def test_name_of_another_form_is_refused(blobs: FileBlobs, name: str) -> None:
    for verb in (blobs.open, blobs.delete):
        with pytest.raises(ValueError, match="blob name"):
            verb(name)


def test_unfinished_blob_is_discarded_when_idle_for_long_enough(
    blobs: FileBlobs, rng: Rng, tmp_path: Path
) -> None:
    old, fresh = blobs.create(rng=rng), blobs.create(rng=rng)
    kept = store(blobs, b"sealed", rng=rng)
    long_ago = time.time() - 3600
    os.utime(tmp_path / "blobs" / INCOMING / old.name, (long_ago, long_ago))
    assert blobs.discard_unfinished(older_than_seconds=3000) == 1
    assert [path.name for path in files_under(tmp_path / "blobs" / INCOMING)] == [fresh.name]
    assert [blob.name for blob in blobs.stored()] == [kept]


def test_stored_ignores_what_is_no_blob(blobs: FileBlobs, rng: Rng, tmp_path: Path) -> None:
    name = store(blobs, b"sealed", rng=rng)
    (tmp_path / "blobs" / name[:2] / "README").write_text("not a blob")
    (tmp_path / "blobs" / name[:2] / ("0" * 32)).symlink_to("/etc/passwd")
    assert [blob.name for blob in blobs.stored()] == [name]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["open", "pwrite", "fsync", "rename"])
def test_full_disk_at_any_step_is_told_and_leaves_nothing(
    blobs: FileBlobs, rng: Rng, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    real = getattr(os, call)

    def full(*args: object, **more: object) -> object:
        if call == "open" and not (isinstance(args[1], int) and args[1] & os.O_CREAT):
            return real(*args, **more)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, full)
    with pytest.raises(RetryLater) as caught:
        store(blobs, bytes(BLOCK_BYTES), rng=rng)
    assert caught.value.why is Busy.DISK_FULL
    monkeypatch.undo()
    blobs.discard_unfinished(older_than_seconds=-1)
    assert files_under(tmp_path) == []


def test_full_disk_while_keeping_removes_the_unfinished_file_at_once(
    blobs: FileBlobs, rng: Rng, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = blobs.create(rng=rng)
    writer.write(b"sealed")
    assert len(files_under(tmp_path)) == 1

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RetryLater):
        writer.keep(day=DAY)
    assert files_under(tmp_path) == []


def test_other_trouble_of_the_disk_stays_a_fault(
    blobs: FileBlobs, rng: Rng, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = blobs.create(rng=rng)

    def broken(_fd: int, _content: object, _at: int) -> int:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "pwrite", broken)
    with pytest.raises(OSError, match="broken"):
        writer.write(bytes(2 * BLOCK_BYTES))
    writer.discard()


def test_short_write_is_continued(blobs: FileBlobs, rng: Rng, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite

    def short(fd: int, content: memoryview, at: int) -> int:
        return real(fd, content[:1000], at)

    sealed = rng(3 * 1000 + 7)
    monkeypatch.setattr(os, "pwrite", short)
    writer = blobs.create(rng=rng)
    for start in range(0, len(sealed), 700):
        writer.write(sealed[start : start + 700])
    writer.keep(day=DAY)
    with blobs.open(writer.name) as source:
        assert source.read() == sealed


def test_data_is_synced_before_the_name_and_the_folder_after(
    blobs: FileBlobs, rng: Rng, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_sync, real_rename, real_write = os.fsync, os.rename, os.pwrite

    def sync(fd: int) -> None:
        steps.append("sync folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "sync file")
        real_sync(fd)

    def rename(source: Path, target: Path) -> None:
        steps.append("rename")
        real_rename(source, target)

    def write(fd: int, content: memoryview, at: int) -> int:
        steps.append("write")
        return real_write(fd, content, at)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "rename", rename)
    monkeypatch.setattr(os, "pwrite", write)
    store(blobs, b"sealed", rng=bytes)
    # The first folder sync is that of the root: the fan-out folder itself is new.
    assert steps == ["write", "sync file", "sync folder", "rename", "sync folder"]
