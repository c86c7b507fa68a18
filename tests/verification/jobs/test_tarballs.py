"""Tar archives, plain and packed: listed, never written anywhere, bounded whatever they claim or become."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cleaning import cleaned
from tests.support.confined import Looking
from verification.clean_report import FileType, Listed, Reason
from verification.jobs.cleaning import tarballs
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.cleaning.output import NotCleaned
from verification.jobs.cleaning.sniffing import file_type_of


def tar_of(entries: Mapping[str, bytes], *, encoding: str = "utf-8") -> bytes:
    """A plain tar."""
    out = io.BytesIO()
    kind = tarfile.GNU_FORMAT if encoding != "utf-8" else tarfile.PAX_FORMAT
    with tarfile.open(fileobj=out, mode="w", format=kind, encoding=encoding) as packing:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            packing.addfile(entry, io.BytesIO(content))
    return out.getvalue()


PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    "tar": lambda plain: plain,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
}


@pytest.mark.parametrize("packing", sorted(PACKED))
def test_archive_is_listed(packing: str) -> None:
    entries = {"照片/1.jpg": b"x" * 100, "../../etc/passwd": b"y", "内层.tar": tar_of({"a": b"b"})}
    archive = PACKED[packing](tar_of(entries))
    assert file_type_of(archive[:4096]) is FileType.TAR
    listed = cleaned(archive)
    assert (listed.outcome.reason, listed.outcome.listed_total, listed.parts) == (Reason.LISTED, 3, [])
    assert listed.outcome.listing[0] == Listed(name="照片/1.jpg", length=100)
    assert [entry.name for entry in listed.outcome.listing] == list(entries)


def test_names_written_on_a_chinese_system_are_read() -> None:
    archive = tar_of({"照片.txt": b"x"}, encoding="gb18030")
    assert cleaned(archive).outcome.listing[0].name == "照片.txt"


@pytest.mark.parametrize("packing", ["tar.gz", "tar.bz2", "tar.xz"])
def test_what_is_packed_and_no_tar_is_original_only(packing: str) -> None:
    for content in (b"", b"just a text", bytes(5000)):
        with pytest.raises(NotCleaned, match=Reason.TYPE_NOT_CLEANED):
            cleaned(PACKED[packing](content))


def test_packed_archive_that_swells_is_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarballs, "MOST_UNPACKED", 4 * 2**20)
    bomb = gzip.compress(tar_of({"a.bin": bytes(8 * 2**20), "b.bin": b"never reached"}))
    outcome = cleaned(bomb).outcome
    assert (outcome.reason, [entry.name for entry in outcome.listing]) == (Reason.BOMB, ["a.bin"])


def test_entries_without_end_are_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarballs, "MAX_ENTRIES", 5)
    with pytest.raises(NotCleaned, match=Reason.OVER_LIMITS):
        cleaned(tar_of({f"{number}.txt": b"" for number in range(9)}))


def test_xz_that_wants_much_memory_is_original_only() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 256 * 2**20}]
    packed = lzma.compress(tar_of({"a": b"b"}), filters=filters)
    with pytest.raises(NotCleaned, match=Reason.TYPE_NOT_CLEANED):
        cleaned(packed)


@given(
    st.sampled_from(sorted(PACKED)),
    st.integers(min_value=0, max_value=700),
    st.binary(min_size=1, max_size=20),
)
def test_damaged_archive_is_listed_or_refused(packing: str, at: int, damage: bytes) -> None:
    archive = bytearray(PACKED[packing](tar_of({"a.txt": b"x" * 100, "照片.jpg": b"y" * 50})))
    archive[at : at + len(damage)] = damage
    try:
        made = cleaned(io.BytesIO(bytes(archive)), file_type=FileType.TAR)
    except NotCleaned:
        return
    assert made.parts == []


@pytest.mark.slow
def test_ten_gigabytes_in_some_kilobytes_are_bounded_in_the_child() -> None:
    head = tarfile.TarInfo("a.bin")
    head.size = 10 * 2**30
    bomb = io.BytesIO()
    with bz2.BZ2File(bomb, "wb") as packing:
        packing.write(head.tobuf())
        for _ in range(300):
            packing.write(bytes(2**20))
    cleaner = Cleaner()
    cleaner.start()
    report, _content, ending = Looking(cleaner).at(bomb.getvalue())
    cleaner.close()
    assert len(bomb.getvalue()) < 10_000
    assert report.reason is Reason.BOMB
    assert ending.cpu_seconds < 10
    assert ending.peak_bytes < 512 * 2**20
