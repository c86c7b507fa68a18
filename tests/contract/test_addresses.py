"""No file names a package registry or a folder of the machine it was written on; locks carry hashes alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.machine import PROJECT
from tests.support.sources import files, named

LOCKS = sorted(PROJECT.glob("requirements*.lock"))

REGISTRIES = re.compile(r"pypi\.org|pythonhosted|npmjs\.(org|com)|deb\.debian\.org")
BUILD_FOLDERS = re.compile(r"(?<![\w.])/work/|/tmp/brief|/root/\w|/opt/pypi")


#: A URL, an option that names an index, or a requirement taken from an address.
ADDRESS = re.compile(r"\S*://\S*|^--?(?!hash)\S+.*$| @ ", re.MULTILINE)


def test_address_in_a_lock_is_found() -> None:
    for bad in ("--index-url https://x/", "-i mirror", "--find-links /x", "a @ file:x", "# from http://x"):
        assert ADDRESS.search(bad), bad


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_has_a_hash_for_every_package_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    requirements = re.split(r"\n(?=[a-zA-Z])", text)
    pinned = [one for one in requirements if re.match(r"[\w.-]+==", one)]
    assert pinned != []
    assert [one.split()[0] for one in pinned if "--hash=sha256:" not in one] == []
    assert ADDRESS.findall(text) == []


def test_locks_cover_every_input() -> None:
    inputs = {path.stem for path in PROJECT.glob("requirements*.in")}
    names = {"requirements", *(f"requirements-{use}" for use in ("fuzz", "test", "uv"))}
    assert {path.stem for path in LOCKS} == inputs == names


@pytest.mark.parametrize(
    ("pattern", "sample"),
    [(REGISTRIES, "https://pypi.org/simple"), (BUILD_FOLDERS, "see /work/elsewhere")],
    ids=["registry", "build folder"],
)
def test_no_file_names_it(pattern: re.Pattern[str], sample: str) -> None:
    assert pattern.search(sample)
    found = [
        f"{named(path)}: {match.group()}"
        for path in files()
        if path != Path(__file__)
        and (match := pattern.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []
