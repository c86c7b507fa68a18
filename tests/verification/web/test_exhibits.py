"""An exhibit's custody, and a bundle that holds without the server: every way to change it is seen."""

from __future__ import annotations

import io
import json
import os
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.crypto.compartments import decode_record, encode_record
from portal.crypto.signing import SigningKey, VerifyKey
from tests.support import machine
from tests.support.desk import Desk
from tests.support.jobs import make_bench, outbox
from tests.support.journey import Journey
from tests.verification.web.test_tips import events_of, text_of
from verification.audit.bundle import BUNDLE_PURPOSE, Step, verify_bundle
from verification.cli import __main__ as cli
from verification.jobs.clean_file import clean_file
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.running import Work

pytestmark = pytest.mark.slow

LEADER = "du"
REASON = "移送审理，附全部证据。"


@pytest.fixture(scope="module")
def cleaner() -> Iterator[Cleaner]:
    started = Cleaner()
    started.start()
    yield started
    started.close()


@pytest.fixture
def walk(desk: Desk, cleaner: Cleaner, tmp_path: Path) -> Journey:
    """A case with two exhibits, cleaned."""
    bench = make_bench(desk.office, cleaner=cleaner, folder=tmp_path / "cleaner")
    walk = Journey(desk.office).signed().logged(photos=2)
    for row in outbox(desk.office):
        if row.topic.value == "clean-file":
            clean_file(Work(row.id, row.topic, row.subject_id, attempts=1), bench)
    return walk


def exported(desk: Desk, walk: Journey) -> bytes:
    ids = [str(exhibit.object_id) for exhibit in walk.exhibits()]
    answer = desk.person(LEADER).post("/exhibits/export", {"reason": REASON, "exhibit": ids})
    assert answer.status_code == 200
    bundle: bytes = answer.data
    return bundle


def checked(bundle: bytes, folder: Path, *, root: VerifyKey | None) -> dict[Step, bool]:
    path = folder / "bundle.zip"
    path.write_bytes(bundle)
    return {finding.step: finding.holds for finding in verify_bundle(path, root=root)}


def test_page_names_every_hand_it_went_through(desk: Desk, walk: Journey) -> None:
    exhibit = walk.exhibits()[0]
    person = desk.person(LEADER)
    person.get(f"/files/{exhibit.object_id}/view")
    page = text_of(person.get(f"/exhibits/{exhibit.object_id}"))
    for event in ("Exhibit added", "SHA-256", "Take out as a bundle"):
        assert event in page
    assert desk.person("lian").get(f"/exhibits/{exhibit.object_id}").status_code == 404
    assert desk.person("auditor").get(f"/exhibits/{exhibit.object_id}").status_code == 404


def test_bundle_holds_up_to_the_office_root_and_is_traced(desk: Desk, walk: Journey, tmp_path: Path) -> None:
    bundle, root = exported(desk, walk), desk.office.root.verify_key()
    assert checked(bundle, tmp_path, root=root) == dict.fromkeys(Step, True)
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        assert archive.testzip() is None
        originals = [archive.read(name) for name in archive.namelist() if name.startswith("originals/")]
        manifest = decode_record(archive.read("manifest.json"))
    assert len(originals) == 2
    assert manifest["reason"] == REASON
    for exhibit in walk.exhibits():
        assert events_of(desk, exhibit.object_id)[-1] == "exhibit.exported"


def test_command_says_what_holds_and_what_is_missing(
    desk: Desk, walk: Journey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(exported(desk, walk))
    root = desk.office.root.verify_key().to_bytes().hex()
    assert cli.main(["exhibit", "verify", str(path), "--root", root]) == 0
    command = (str(machine.PROJECT / "xiansuo"), "exhibit", "verify", str(path), "--root", root)
    # Without a server, a setting or the project's folder: what a court's expert would do.
    bare = subprocess.run(command, cwd=tmp_path, env={"PATH": os.defpath}, capture_output=True, check=False)
    assert bare.returncode == 0
    assert capsys.readouterr().out.count("yes") == len(Step)
    assert cli.main(["exhibit", "verify", str(path)]) == 1
    assert "only its own word" in capsys.readouterr().out
    other = SigningKey.generate().verify_key().to_bytes().hex()
    assert cli.main(["exhibit", "verify", str(path), "--root", other]) == 1
    assert "another office's root" in capsys.readouterr().out
    assert cli.main(["exhibit", "verify", str(tmp_path / "none.zip")]) == 1
    assert cli.main(["exhibit", "verify", str(path), "--root", "xyz"]) == 1


Change = Callable[[dict[str, bytes]], None]


def in_manifest(change: Callable[[Any], None]) -> Change:
    """A change of the manifest, written down again as it has to be."""

    def apply(files: dict[str, bytes]) -> None:
        manifest: Any = decode_record(files["manifest.json"])
        change(manifest)
        files["manifest.json"] = encode_record(manifest)

    return apply


def _original(files: dict[str, bytes]) -> str:
    return next(name for name in files if name.startswith("originals/"))


def _turn_a_bit(files: dict[str, bytes]) -> None:
    name = _original(files)
    files[name] = bytes([files[name][0] ^ 1]) + files[name][1:]


def _lose_one(files: dict[str, bytes]) -> None:
    del files[_original(files)]


def _sign_by_another(files: dict[str, bytes]) -> None:
    said = json.loads(files["signature.json"])
    said["signature"] = SigningKey.generate().sign(files["manifest.json"], purpose=BUNDLE_PURPOSE).hex()
    files["signature.json"] = encode_record(said)


CHANGES: dict[str, tuple[Change, Step]] = {
    "a bit of an original": (_turn_a_bit, Step.FILES),
    "a file more": (lambda files: files.update({"originals/9.jpg": b"x"}), Step.STRUCTURE),
    "a file less": (_lose_one, Step.STRUCTURE),
    "a name": (lambda files: files.update({"originals/x.jpg": files.pop(_original(files))}), Step.STRUCTURE),
    "a place": (in_manifest(lambda said: said["exhibits"][0].update(place="别处")), Step.SIGNATURE),
    "a hash": (in_manifest(lambda said: said["files"][0].update(sha256="00")), Step.SIGNATURE),
    "an entry": (in_manifest(lambda said: said["trail"][0].update(event="file.viewed")), Step.SIGNATURE),
    "an entry less": (in_manifest(lambda said: said["trail"].pop()), Step.SIGNATURE),
    "a key": (in_manifest(lambda said: said["keys"][0].update(public="00" * 1248)), Step.SIGNATURE),
    "the signature": (_sign_by_another, Step.SIGNATURE),
}


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("name", CHANGES)
def test_changed_bundle_is_refused(desk: Desk, walk: Journey, tmp_path: Path, name: str) -> None:
    change, step = CHANGES[name]
    changed = repacked(exported(desk, walk), change)
    found = checked(changed, tmp_path, root=desk.office.root.verify_key())
    assert not found[step]
    assert list(found)[-1] is step


def repacked(bundle: bytes, change: Change) -> bytes:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.databases("sqlite")
def test_entry_that_its_person_did_not_sign_is_found_whoever_signs_the_bundle(
    desk: Desk, walk: Journey, tmp_path: Path
) -> None:
    """The person who exports holds a key of their own: their signature vouches for no colleague's entry."""
    own = desk.office.secrets_of(LEADER).keys.signing

    def change(files: dict[str, bytes]) -> None:
        in_manifest(lambda said: said["trail"][0]["facts"].update(exhibit="00"))(files)
        said = json.loads(files["signature.json"])
        said["signature"] = own.sign(files["manifest.json"], purpose=BUNDLE_PURPOSE).hex()
        files["signature.json"] = encode_record(said)

    found = checked(repacked(exported(desk, walk), change), tmp_path, root=desk.office.root.verify_key())
    assert (found[Step.SIGNATURE], found[Step.FILES], found[Step.TRAIL]) == (True, True, False)


@pytest.mark.databases("sqlite")
def test_export_needs_a_reason_exhibits_of_one_case_and_the_right(desk: Desk, walk: Journey) -> None:
    ids = [str(exhibit.object_id) for exhibit in walk.exhibits()]
    person = desk.person(LEADER)
    assert person.post("/exhibits/export", {"reason": "", "exhibit": ids}).status_code == 422
    assert person.post("/exhibits/export", {"reason": REASON}).status_code == 422
    for login in ("head", "lian", "auditor", "admin"):
        answer = desk.person(login).post("/exhibits/export", {"reason": REASON, "exhibit": ids})
        assert answer.status_code == 404
