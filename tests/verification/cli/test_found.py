"""Founding a real office from a file, and adding people later with the root key and paper shares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.clock import FixedClock, SystemClock, civil_day
from portal.crypto.signing import VerifyKey
from portal.db import Database
from portal.models import KeyPurpose, RecipientKey
from portal.trust import KeyOf, TrustedKeys, current_key
from tests.support.postgres import PORTAL, VERIFICATION
from verification.audit.verify import verify_chain
from verification.cli.__main__ import main
from verification.cli.demo import Account
from verification.errors import LoginRefused
from verification.jobs.cleaning.day_keys import KeyFiles
from verification.keys.ceremony import WrongShares, recover_office_key
from verification.keys.identities import unlock
from verification.keys.keyring import Keyring
from verification.keys.offline import NoRoot, make_root, read_root
from verification.models import Interest, KeyWrap, Staff, Unit

pytestmark = pytest.mark.slow

OFFICE = """
[[unit]]
code = "duchashi"
name = "县政府督查室"
name_en = "Supervision Office"
kind = "office"
[[unit]]
code = "jiaotong"
name = "县交通运输局"
name_en = "Transport Bureau"
kind = "department"
duties = ["405"]
in_charge = "gu"
[directory]
places = ["清溪镇"]
"""
PERSON = '[[person]]\nlogin = "{0}"\nname = "{0}"\nroles = ["{1}"]\nunit = "{2}"\n{3}\n'
PEOPLE = (
    ("zhou", "head", "duchashi", ""),
    ("gu", "deputy", "duchashi", ""),
    ("han", "director", "duchashi", ""),
    ("lin", "supervisor", "duchashi", "trained_on = 2026-01-05"),
    ("fang", "supervisor", "duchashi", "alternate_desk = true"),
    ("qiao", "supervisor", "duchashi", "alternate_second = true"),
    ("chen", "inspector", "duchashi", 'interests = [["jiaotong", "kinship"]]'),
    ("ni", "liaison", "jiaotong", ""),
    ("ren", "administrator", "duchashi", ""),
    ("yao", "auditor", "duchashi", ""),
)
HOST_KEY = bytes(range(32))
OFFICE_KEYS = {
    "desk": KeyPurpose.DESK,
    "director": KeyPurpose.DIRECTOR,
    "alternate": KeyPurpose.ALTERNATE,
    "alternate-second": KeyPurpose.DIRECTOR,
}


@dataclass(frozen=True)
class Ceremony:
    """Where a founding takes place, and what it is told."""

    folder: Path
    database_url: str
    root_file: Path
    office_file: Path
    environ: Mapping[str, str]

    @property
    def trust(self) -> TrustedKeys:
        """Keys of this root."""
        return TrustedKeys(VerifyKey.from_bytes(bytes.fromhex(self.environ["XIANSUO_ROOT_PUBLIC"])))

    def found(self) -> int:
        """As typed."""
        return main(["found", "--root", str(self.root_file), "--office", str(self.office_file)])


@pytest.fixture
def ceremony(tmp_path: Path, empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Ceremony:
    root_file, office_file = tmp_path / "offline" / "root.key", tmp_path / "office.toml"
    root = make_root(root_file)
    office_file.write_text(OFFICE + "".join(PERSON.format(*person) for person in PEOPLE), encoding="utf-8")
    environ = {
        "XIANSUO_ENVIRONMENT": "production",
        "XIANSUO_DATABASE_URL": empty_database_url,
        "XIANSUO_BLOB_DIR": str(tmp_path / "blobs"),
        "XIANSUO_CLEANER_KEY_DIR": str(tmp_path / "cleaner"),
        "XIANSUO_QUEUE_URL": "unix:///nowhere?db=0",
        "XIANSUO_PUBLIC_URL": "https://tips.example",
        "XIANSUO_INTERNAL_URL": "https://internal.example",
        "XIANSUO_HOST_KEY": HOST_KEY.hex(),
        "XIANSUO_INTERNAL_SECRET": "ab" * 32,
        "XIANSUO_ROOT_PUBLIC": root.verify_key().to_bytes().hex(),
        **{
            f"XIANSUO_{name}": name
            for name in ("OFFICE_NAME", "OFFICE_NAME_EN", "COUNTY_NAME", "COUNTY_NAME_EN")
        },
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    if not empty_database_url.startswith("sqlite"):
        monkeypatch.setenv("XIANSUO_OWNER_DATABASE_URL", empty_database_url)
        assert main(["migrate", "--portal-role", PORTAL, "--internal-role", VERIFICATION]) == 0
    return Ceremony(tmp_path, empty_database_url, root_file, office_file, environ)


@dataclass(frozen=True)
class Printed:
    """What the ceremony printed: accounts by login, shares by holder."""

    accounts: dict[str, Account]
    shares: dict[str, list[str]]

    @classmethod
    def read(cls, text: str) -> Printed:
        people = re.findall(r"login +(\S+)\npassphrase +(\S+)\nauthenticator +\S+secret=(\w+)&", text)
        shares = re.findall(r"--- ([\w-]+) key, share \d of 3 -+\n([a-z ]+)\n", text)
        return cls(
            accounts={
                login: Account(name="", login=login, role="", passphrase=passphrase, totp_secret=secret)
                for login, passphrase, secret in people
            },
            shares={holder: [words for one, words in shares if one == holder] for holder, _words in shares},
        )


def log_in(database: Database, account: Account) -> Keyring:
    now = datetime.now(UTC)
    with database.write() as session:
        staff, keys = unlock(
            session, login=account.login, passphrase=account.passphrase, code=account.code(now),
            host_key=HOST_KEY, clock=FixedClock(now),
        )  # fmt: skip
        return Keyring(key_id=staff.key_id, keys=keys)


def holds(database: Database, keyring: Keyring, purpose: KeyPurpose, *, holder: str = "") -> bool:
    with database.read() as session:
        day = civil_day(SystemClock())
        row = current_key(session, purpose=purpose, holder=holder, day=day)
        return row is not None and keyring.holds(session, row.id)


def test_founding_gives_everybody_what_their_role_holds_and_prints_it_once(
    ceremony: Ceremony, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ceremony.found() == 0
    printed = Printed.read(capsys.readouterr().out)
    database = Database(ceremony.database_url)
    assert set(printed.accounts) == {login for login, *_rest in PEOPLE}
    keyrings = {
        login: log_in(database, printed.accounts[login]) for login in ("lin", "fang", "han", "qiao", "ren")
    }
    purposes = (KeyPurpose.DESK, KeyPurpose.ALTERNATE, KeyPurpose.DIRECTOR)
    held = {
        login: {purpose for purpose in purposes if holds(database, keyring, purpose)}
        for login, keyring in keyrings.items()
    }
    assert held == {
        "lin": {KeyPurpose.DESK}, "fang": {KeyPurpose.ALTERNATE}, "han": {KeyPurpose.DIRECTOR},
        "qiao": set(), "ren": set(),
    }  # fmt: skip
    with database.read() as session:
        unit = session.scalars(select(Unit).where(Unit.code == "jiaotong")).one()
        leader = session.scalars(select(Staff.login).where(Staff.id == unit.in_charge_id)).one()
        assert (leader, session.scalars(select(Interest.unit_id)).all()) == ("gu", [unit.id])
        assert not any(session.scalars(select(Staff.demo)))
        assert log_in(database, printed.accounts["ni"]).holds(session, unit.key_id or unit.id)
        assert verify_chain(session, trust=ceremony.trust).broken_at is None
        for row in session.scalars(select(RecipientKey).where(RecipientKey.purpose == KeyPurpose.DESK)):
            ceremony.trust.public(session, KeyOf(row.id, KeyPurpose.DESK), on=row.not_before)
    assert KeyFiles(ceremony.folder / "cleaner").issuer()
    database.dispose()


def test_two_of_three_shares_bring_a_key_back_and_one_does_not(
    ceremony: Ceremony, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ceremony.found() == 0
    shares = Printed.read(capsys.readouterr().out).shares
    assert {holder: len(words) for holder, words in shares.items()} == dict.fromkeys(OFFICE_KEYS, 3)
    database = Database(ceremony.database_url)
    with database.read() as session:
        for holder, purpose in OFFICE_KEYS.items():
            key = recover_office_key(session, shares[holder][1:])
            assert session.get_one(RecipientKey, key.id).purpose is purpose
            assert session.get_one(RecipientKey, key.id).public == key.private.public().to_bytes()
        for wrong in (shares["desk"][:1], [shares["desk"][0], shares["director"][0]], ["not a share"] * 2):
            with pytest.raises(WrongShares):
                recover_office_key(session, wrong)
    database.dispose()


def test_founding_twice_or_with_another_root_writes_nothing(
    ceremony: Ceremony, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ceremony.folder / "other.key"
    make_root(other)
    assert main(["found", "--root", str(other), "--office", str(ceremony.office_file)]) == 1
    assert "not the public half" in capsys.readouterr().out
    assert ceremony.found() == 0
    capsys.readouterr()
    assert ceremony.found() == 1
    assert "people already" in capsys.readouterr().out
    database = Database(ceremony.database_url)
    with database.read() as session:
        assert len(session.scalars(select(Staff.id)).all()) == len(PEOPLE)
    database.dispose()


@pytest.mark.databases("sqlite")
def test_office_file_with_mistakes_names_all_of_them(
    ceremony: Ceremony, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = OFFICE.replace('"gu"', '"nobody"').replace('"405"', '"999"')
    wrong += PERSON.format("both", 'director", "supervisor', "duchashi", "")
    wrong += PERSON.format("both", "head", "elsewhere", "")
    ceremony.office_file.write_text(wrong, encoding="utf-8")
    assert ceremony.found() == 1
    said = capsys.readouterr().out
    for mistake in (
        "the login both stands twice", "nobody is administrator", "nobody is auditor",
        "names the unit elsewhere", "cannot be supervisor and director", "led by nobody", "the duty 999",
    ):  # fmt: skip
        assert mistake in said
    ceremony.office_file.write_text("[[unit]]\n", encoding="utf-8")
    assert ceremony.found() == 1
    assert "has no code" in capsys.readouterr().out


@pytest.mark.databases("sqlite")
def test_supervisor_joins_with_shares_and_not_without(
    ceremony: Ceremony, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ceremony.found()
    shares = Printed.read(capsys.readouterr().out).shares
    typed: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda _prompt: typed.pop())  # there is no terminal here
    add = ["staff", "--add", "su", "--name", "苏", "--role", "supervisor", "--unit", "duchashi"]
    add += ["--root", str(ceremony.root_file)]
    typed[:] = shares["director"][:2]
    assert main(add) == 1
    assert "two shares of the desk key" in capsys.readouterr().out
    typed[:] = shares["desk"][:2]
    assert main(add) == 0
    account = Printed.read(capsys.readouterr().out).accounts["su"]
    database = Database(ceremony.database_url)
    assert holds(database, log_in(database, account), KeyPurpose.DESK)
    database.dispose()
    typed[:] = shares["desk"][:2]
    assert main(add) == 1
    assert "is taken" in capsys.readouterr().out


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("option", "name", "purpose"),
    [
        ("--alternate-desk", "alternate", KeyPurpose.ALTERNATE),
        ("--alternate-second", "alternate-second", KeyPurpose.DIRECTOR),
    ],
)
def test_alternate_desk_gets_new_people_by_its_own_shares_alone(
    ceremony: Ceremony,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    name: str,
    purpose: KeyPurpose,
) -> None:
    ceremony.found()
    shares = Printed.read(capsys.readouterr().out).shares
    typed: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda _prompt: typed.pop())  # there is no terminal here
    add = ["staff", "--add", "su", "--name", "苏", "--role", "supervisor", "--unit", "duchashi", option]
    add += ["--root", str(ceremony.root_file)]
    for wrong in OFFICE_KEYS.keys() - {name}:
        typed[:] = shares[wrong][:2]
        assert main(add) == 1
        assert f"two shares of the {name} key" in capsys.readouterr().out
    typed[:] = shares[name][1:]
    assert main(add) == 0
    account = Printed.read(capsys.readouterr().out).accounts["su"]
    database = Database(ceremony.database_url)
    keyring = log_in(database, account)
    with database.read() as session:
        key = recover_office_key(session, shares[name][:2])
        held = session.scalars(select(KeyWrap.key_id).where(KeyWrap.holder_key_id == keyring.staff_key_id))
        assert (list(held), key.purpose) == ([key.id], purpose)
        assert keyring.private(session, key.id).public() == key.private.public()
    database.dispose()


@pytest.mark.databases("sqlite")
def test_second_liaison_joins_and_both_hold_the_units_next_key(
    ceremony: Ceremony, capsys: pytest.CaptureFixture[str]
) -> None:
    ceremony.found()
    first = Printed.read(capsys.readouterr().out).accounts["ni"]
    add = ["staff", "--add", "hu", "--name", "胡", "--role", "liaison", "--unit", "jiaotong"]
    assert main([*add, "--root", str(ceremony.root_file)]) == 0
    second = Printed.read(capsys.readouterr().out).accounts["hu"]
    database = Database(ceremony.database_url)
    old, new = log_in(database, first), log_in(database, second)
    with database.read() as session:
        unit = session.scalars(select(Unit).where(Unit.code == "jiaotong")).one()
        keys = session.scalars(
            select(RecipientKey)
            .where(RecipientKey.purpose == KeyPurpose.UNIT)
            .order_by(RecipientKey.generation)
        ).all()
        assert [key.generation for key in keys] == [1, 2]
        assert unit.key_id == keys[1].id
        assert [old.holds(session, key.id) for key in keys] == [True, True]
        assert [new.holds(session, key.id) for key in keys] == [False, True]
    database.dispose()


@pytest.mark.databases("sqlite")
def test_staff_leave_with_what_their_keys_take_and_not_without(
    ceremony: Ceremony, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ceremony.found()
    printed = Printed.read(capsys.readouterr().out)
    leave, root = ["staff", "--leave"], ["--root", str(ceremony.root_file)]
    supervisor = next(login for login, role, *_rest in PEOPLE if role == "supervisor")
    typed: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda _prompt: typed.pop())  # there is no terminal here
    for arguments, said in (
        ([*leave, "nobody"], "nobody works here with the login nobody"),
        ([*leave, "ni"], "give --root"),
        ([*leave, supervisor, *root], "nobody else holds the desk key"),
    ):
        typed[:] = printed.shares["desk"][:2]
        assert main(arguments) == 1
        assert said in capsys.readouterr().out
    typed[:] = printed.shares["desk"][:2]
    add = ["staff", "--add", "su", "--name", "苏", "--role", "supervisor", "--unit", "duchashi", *root]
    assert main(add) == 0
    typed[:] = printed.shares["desk"][1:]
    capsys.readouterr()
    assert main([*leave, supervisor, *root]) == 0
    assert "its paper shares stay the same" in capsys.readouterr().out
    assert main([*leave, "ni", *root]) == 0
    capsys.readouterr()
    assert main(["staff"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in listed if line.endswith("(left)")} == {supervisor, "ni"}
    database = Database(ceremony.database_url)
    with pytest.raises(LoginRefused):
        log_in(database, printed.accounts[supervisor])
    database.dispose()


@pytest.mark.databases("sqlite")
def test_staff_lists_who_works_here(ceremony: Ceremony, capsys: pytest.CaptureFixture[str]) -> None:
    ceremony.found()
    capsys.readouterr()
    assert main(["staff"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == sorted([login, role] for login, role, *_rest in PEOPLE)


def test_root_key_is_its_owners_alone_and_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "media" / "root.key"
    assert main(["found", "--make-root", str(path)]) == 0
    (named, *_rest) = capsys.readouterr().out.splitlines()
    assert named == f"XIANSUO_ROOT_PUBLIC={read_root(path).verify_key().to_bytes().hex()}"
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    assert main(["found", "--make-root", str(path)]) == 1
    assert path.read_bytes() == before
    path.write_text("not a key", encoding="ascii")
    with pytest.raises(NoRoot):
        read_root(path)
