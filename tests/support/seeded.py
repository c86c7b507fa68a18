"""A demo county in a folder, seeded as ``make run`` does it, for tests of what the seed leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from config import VerificationSettings, load_verification
from portal.clock import CIVIL_ZONE, FixedClock
from portal.crypto.signing import VerifyKey
from portal.db import Database
from portal.domain.intake import Intake
from portal.domain.recipients import Recipients
from portal.models import SYSTEM_RNG, Tip
from portal.storage.filesystem import FileBlobs
from portal.storage.received import Limits
from portal.trust import TrustedKeys
from verification.cli.demo import accounts
from verification.cli.setup import prepare
from verification.domain.acting import Acting
from verification.keys.identities import unlock
from verification.keys.keyring import Keyring
from verification.models import Staff
from verification.policy.actors import actor_for
from verification.policy.rulebook import shipped_rules

#: A Monday morning right after the nine free days of a Spring Festival: much of the seed falls on them.
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=CIVIL_ZONE)


class Interrupted(Exception):
    """Somebody pulled the plug."""


@dataclass
class SeededDemo:
    """A seeded folder. ``left``: what the interrupted seed had written; ``said``: what the whole one said."""

    var: Path
    environ: dict[str, str]
    settings: VerificationSettings
    database: Database
    left: dict[str, int]
    said: list[str]
    _keyrings: dict[str, Keyring] = field(default_factory=dict)

    @property
    def intake(self) -> Intake:
        """The public side on the same data."""
        root, clock = VerifyKey.from_bytes(self.settings.root_public), FixedClock(NOW)
        return Intake(
            database=self.database,
            blobs=FileBlobs(self.settings.blob_dir),
            recipients=Recipients(self.database, root=root, clock=clock),
            clock=clock,
            rng=SYSTEM_RNG,
            limits=Limits(max_file_bytes=2**20, max_message_bytes=2**22, max_files=5),
        )

    def prepare_again(self, *, profile: str = "small") -> list[str]:
        """What a later run says."""
        said: list[str] = []
        prepare(self.var, profile=profile, environ=self.environ, clock=FixedClock(NOW), say=said.append)
        return said

    @contextmanager
    def acting(self, login: str) -> Iterator[Acting]:
        """A person of ``demo.json``, unlocked as on the login page, in a session that keeps nothing."""
        keyring = self._keyrings.get(login) or self._log_in(login)
        with self.database.read() as session:
            staff = session.scalars(select(Staff).where(Staff.login == login)).one()
            yield Acting(
                session=session,
                actor=actor_for(session, staff.id),
                keyring=keyring,
                trust=TrustedKeys(VerifyKey.from_bytes(self.settings.root_public)),
                clock=FixedClock(NOW),
                rng=SYSTEM_RNG,
                rules=shipped_rules(),
            )

    def _log_in(self, login: str) -> Keyring:
        account = next(one for one in accounts(self.var) if one.login == login)
        with self.database.write() as session:
            staff, keys = unlock(
                session, login=login, passphrase=account.passphrase, code=account.code(NOW),
                host_key=self.settings.host_key, clock=FixedClock(NOW),
            )  # fmt: skip
            self._keyrings[login] = Keyring(key_id=staff.key_id, keys=keys)
        return self._keyrings[login]


def seed_after_an_interruption(var: Path, *, environ: dict[str, str]) -> SeededDemo:
    """Seed the small office, pull the plug in the middle, and seed it again."""

    def interrupt(line: str) -> None:
        if line.startswith("day "):
            raise Interrupted

    with suppress(Interrupted):
        prepare(var, profile="small", environ=environ, clock=FixedClock(NOW), say=interrupt)
    left = _counted(environ.get("XIANSUO_DATABASE_URL", f"sqlite:///{var / 'xiansuo.sqlite3'}"))
    left["marked"] = int((var / "seeding").exists())
    said: list[str] = []
    settings = prepare(var, profile="small", environ=environ, clock=FixedClock(NOW), say=said.append)
    read = load_verification(settings)
    return SeededDemo(var, environ, read, Database(read.database_url), left, said)


def _counted(url: str) -> dict[str, int]:
    database = Database(url)
    models: dict[str, Any] = {"staff": Staff, "tips": Tip}
    with database.read() as session:
        found = {
            name: session.scalar(select(func.count()).select_from(model)) or 0
            for name, model in models.items()
        }
    database.dispose()
    return found
