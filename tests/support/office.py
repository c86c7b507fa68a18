"""A small supervision office with real keys, for tests of the internal side.

``make_office(database, clock=…, rng=…, blob_dir=…)`` founds it. ``with office.acting("fan") as acting:`` is
that person, unlocked, in one transaction; ``office.send_tip(…)`` is a citizen using the public side's verb.
"""

from __future__ import annotations

import secrets
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

from sqlalchemy import select

from portal.clock import FixedClock
from portal.crypto.receipt import Receipt
from portal.crypto.signing import SigningKey
from portal.db import Database
from portal.domain.drafts import DraftSecrets
from portal.domain.intake import Intake
from portal.domain.recipients import Recipients
from portal.domain.submit import submit_tip
from portal.models import Desk, Rng, Tip
from portal.models.records import Identity, Reporter, Statement, Subject
from portal.storage.filesystem import FileBlobs
from portal.storage.received import Limits
from portal.trust import TrustedKeys
from tests.support.walks import Start
from verification.domain.acting import Acting
from verification.domain.founding import (
    NewStaff,
    NewUnit,
    OfficeKeys,
    StaffSecrets,
    add_staff,
    add_unit,
    found_office,
    make_secrets,
)
from verification.keys.keyring import Keyring
from verification.models import Role, Staff, Unit, UnitKind
from verification.policy.actors import actor_for
from verification.policy.rulebook import shipped_rules

HOST_KEY = bytes(range(32))
PASSPHRASE = "a long passphrase for tests"

UNITS = (
    NewUnit("office", "政府督查室", "Supervision Office", UnitKind.OFFICE),
    NewUnit("transport", "交通运输局", "Transport Bureau", UnitKind.DEPARTMENT, duties=("405",)),
    NewUnit("housing", "住房和城乡建设局", "Housing Bureau", UnitKind.DEPARTMENT, duties=("404",)),
    NewUnit("qingxi", "清溪镇", "Qingxi Town", UnitKind.TOWN),
    NewUnit("tax", "税务局", "Tax Service", UnitKind.VERTICAL, channel="12366"),
)
#: login → roles, unit, trained and sworn, at the alternate desk
PEOPLE: dict[str, tuple[tuple[Role, ...], str, bool, bool]] = {
    "head": ((Role.HEAD,), "office", False, False),
    "deputy": ((Role.DEPUTY,), "office", False, False),
    "director": ((Role.DIRECTOR,), "office", True, False),
    "fan": ((Role.SUPERVISOR,), "office", True, False),
    "shen": ((Role.SUPERVISOR,), "office", True, False),
    "alternate": ((Role.SUPERVISOR,), "office", True, True),
    "second": ((Role.SUPERVISOR,), "office", True, False),
    "du": ((Role.INSPECTOR,), "office", True, False),
    "chen": ((Role.INSPECTOR,), "office", True, False),
    "wei": ((Role.INSPECTOR,), "office", True, False),
    "novice": ((Role.INSPECTOR,), "office", False, False),
    "guest": ((Role.EXTERNAL,), "office", True, False),
    "insider": ((Role.INSPECTOR,), "transport", True, False),
    "reviewer": ((Role.REVIEWER,), "housing", False, False),
    "lian": ((Role.LIAISON,), "transport", False, False),
    "other": ((Role.LIAISON,), "housing", False, False),
    "admin": ((Role.ADMINISTRATOR,), "office", False, False),
    "security": ((Role.SECURITY,), "office", False, False),
    "auditor": ((Role.AUDITOR,), "office", False, False),
}


@cache
def _secrets_of(login: str) -> StaffSecrets:
    # Sealing takes 0.2 s a person; the same keys serve every test of a run. ``login`` keeps them apart.
    return make_secrets(passphrase=f"{PASSPHRASE} {login}", host_key=HOST_KEY, rng=secrets.token_bytes)


@dataclass
class TestOffice:
    """An office in one database."""

    __test__ = False

    database: Database
    clock: FixedClock
    rng: Rng
    blobs: FileBlobs
    root: SigningKey
    keys: OfficeKeys
    units: dict[str, Unit] = field(default_factory=dict)
    staff: dict[str, Staff] = field(default_factory=dict)
    start: Start | None = None

    @property
    def trust(self) -> TrustedKeys:
        """Keys this office's root vouches for."""
        return TrustedKeys(self.root.verify_key())

    def secrets_of(self, login: str) -> StaffSecrets:
        """A person's keys and TOTP secret."""
        return _secrets_of(login)

    def passphrase_of(self, login: str) -> str:
        """A person's passphrase."""
        return f"{PASSPHRASE} {login}"

    def unit_id(self, code: str) -> uuid.UUID:
        """A unit by its code."""
        return self.units[code].id

    def staff_id(self, login: str) -> uuid.UUID:
        """A person by login."""
        return self.staff[login].id

    @contextmanager
    def acting(self, login: str) -> Iterator[Acting]:
        """This person, unlocked, in one writing transaction."""
        own = _secrets_of(login)
        with self.database.write() as session:
            yield Acting(
                session=session,
                actor=actor_for(session, self.staff_id(login)),
                keyring=Keyring(key_id=own.key_id, keys=own.keys),
                trust=self.trust,
                clock=self.clock,
                rng=self.rng,
                rules=shipped_rules(),
            )

    @property
    def intake(self) -> Intake:
        """The public side's equipment on the same database."""
        return Intake(
            database=self.database,
            blobs=self.blobs,
            recipients=Recipients(self.database, root=self.root.verify_key(), clock=self.clock),
            clock=self.clock,
            rng=self.rng,
            limits=Limits(max_file_bytes=2**20, max_message_bytes=2**22, max_files=5),
        )

    def send_tip(
        self,
        account: str = "清溪镇卫生院门前的路坏了半年没人修，报了三次都说在研究。",
        *,
        identity: Identity | None = None,
        urgent: bool = False,
        desk: Desk = Desk.DESK,
        keep_away: str = "",
        place: str = "清溪镇",
        draft: DraftSecrets | None = None,
    ) -> tuple[uuid.UUID, Receipt]:
        """A citizen submits a tip without files; returns its id and receipt. draft: of a form sent before."""
        draft = draft or DraftSecrets(secrets.token_bytes(32), secrets.token_bytes(32))
        statement = Statement(
            reporter=Reporter.CITIZEN, subject=Subject.NOT_DONE, about="交通局", place=place, when="",
            account=account, in_attachment=False, other_channels="", urgent=urgent, keep_away=keep_away,
            language="zh-Hans",
        )  # fmt: skip
        submitted = submit_tip(
            self.intake, draft=draft, statement=statement, identity=identity or Identity(), desk=desk,
            files=[],
        )  # fmt: skip
        with self.database.read() as session:
            query = session.query(Tip.id).filter(Tip.receipt_lookup == submitted.receipt.lookup_id)
            return query.one()[0], submitted.receipt


@dataclass(frozen=True, slots=True)
class FoundedOffice:
    """An office founded once, whose database is copied for each test: founding takes a seventh of a second.

    source: the SQLite file, or the name of the PostgreSQL database, that is copied.
    """

    source: str
    root: SigningKey
    keys: OfficeKeys
    chance: tuple[object, ...]

    def copied_file(self, database: Database) -> None:
        """Lay the same office into ``database``, an SQLite file that nobody has opened yet."""
        assert database.url.database is not None
        path = Path(database.url.database)
        assert not path.with_name(f"{path.name}-wal").exists(), "opened before the office was founded"
        shutil.copyfile(self.source, path)

    def standing_in(
        self, database: Database, *, clock: FixedClock, chance: Random, blob_dir: Path
    ) -> TestOffice:
        """The office of a database that is a copy of the founded one."""
        chance.setstate(self.chance)
        with database.read() as session:
            units = {unit.code: unit for unit in session.scalars(select(Unit))}
            staff = {person.login: person for person in session.scalars(select(Staff))}
        root = replace(self.keys.root, rng=chance.randbytes)
        keys = replace(self.keys, root=root, units=dict(self.keys.units))
        return TestOffice(
            database, clock, chance.randbytes, FileBlobs(blob_dir), self.root, keys, units, staff
        )


def found_in(
    source: str, database: Database, *, clock: FixedClock, chance: Random, blob_dir: Path
) -> FoundedOffice:
    """Found an office in a migrated database, and let go of it."""
    made = make_office(database, clock=clock, rng=chance.randbytes, blob_dir=blob_dir)
    if database.is_sqlite:
        with database.upkeep() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return FoundedOffice(source, made.root, made.keys, chance.getstate())


def make_office(
    database: Database, *, clock: FixedClock, rng: Rng, blob_dir: Path, with_alternate: bool = True
) -> TestOffice:
    """Found the office: keys, five units, everybody of ``PEOPLE``."""
    root = SigningKey.generate()
    with database.write() as session:
        keys = found_office(session, root=root, clock=clock, rng=rng, with_alternate=with_alternate)
        units = {unit.code: add_unit(session, unit, keys=keys) for unit in UNITS}
        staff = {}
        for login, (roles, code, is_ready, at_alternate) in PEOPLE.items():
            ready_on = date(2026, 1, 5) if is_ready else None
            new = NewStaff(
                login=login, name=f"Person {login}", roles=roles, unit_id=units[code].id,
                trained_on=ready_on, undertaking_on=ready_on, alternate_desk=at_alternate,
                alternate_second=login == "second",
            )  # fmt: skip
            staff[login] = add_staff(session, new, keys=keys, own=_secrets_of(login), clock=clock)
    blobs = FileBlobs(blob_dir)
    return TestOffice(database, clock, rng, blobs, root, keys, units, staff)
