"""Preparing before anything is served: secrets, schema, and in a demo the whole county on first run.

Owns the decisions: demo or production, whether to seed, to begin a seed again or to leave everything alone.
Must not know: what is seeded (``verification.demo``), how programs are started (``run``). Source: issue 2.

Production makes no secret and no account by itself: it says what is missing, and refuses a database that
holds demo accounts. A demo refuses a database that holds real ones.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from config import BadSettings, Environment, VerificationSettings, load_portal, load_verification
from portal.clock import Clock, SystemClock, civil_day
from portal.db import Database
from portal.models import SYSTEM_RNG, Tip
from portal.storage.filesystem import FileBlobs
from verification.cli.folder import DataFolder, is_given
from verification.demo.county import read_county
from verification.keys.ceremony import RootKey
from verification.keys.offline import make_root, public_hex, read_root
from verification.migrations import chain
from verification.models import Staff

#: A setting of the county's file → the setting it becomes.
COUNTY_SETTINGS: Final = {
    "office": "XIANSUO_OFFICE_NAME",
    "office_en": "XIANSUO_OFFICE_NAME_EN",
    "mark": "XIANSUO_DOCUMENT_MARK",
    "name": "XIANSUO_COUNTY_NAME",
    "name_en": "XIANSUO_COUNTY_NAME_EN",
    "edge_retention": "XIANSUO_EDGE_RETENTION",
    "edge_retention_en": "XIANSUO_EDGE_RETENTION_EN",
    "redirect_channel": "XIANSUO_REDIRECT_CHANNEL",
    "redirect_channel_en": "XIANSUO_REDIRECT_CHANNEL_EN",
}

Say = Callable[[str], None]


def prepare(
    var: Path, *, profile: str, environ: Mapping[str, str], clock: Clock | None = None, say: Say | None = None
) -> dict[str, str]:
    """Make everything ready and return every ``XIANSUO_*`` setting of both apps.

    On the first run of a demo the county ``profile`` is seeded into ``var``, with progress through ``say``; a
    seed that was interrupted is begun again from an empty database. Later runs look at the schema alone.
    Raises BadSettings with every reason at once.
    """
    given = {name: value for name, value in environ.items() if name.startswith("XIANSUO_")}
    if given.get("XIANSUO_ENVIRONMENT") == Environment.PRODUCTION:
        return _prepare_production(given)
    folder = DataFolder(var)
    settings, read = _demo_settings(folder, given, profile)
    _prepare_demo(folder, read, profile=profile, clock=clock or SystemClock(), say=say or _print)
    return settings


def _print(line: str) -> None:
    print(f"  {line}", flush=True)


# --- production ------------------------------------------------------------------------------------------


def _prepare_production(given: dict[str, str]) -> dict[str, str]:
    """Nothing is made up: whatever is missing is listed."""
    problems: list[str] = []
    for load in (load_portal, load_verification):
        try:
            load(given)
        except BadSettings as bad:
            problems += [problem for problem in bad.problems if problem not in problems]
    if problems:
        raise BadSettings(problems)
    database_url = load_verification(given).database_url
    chain.upgrade(database_url)
    _refuse(database_url, demo=True, reason="this database holds demo accounts; production begins empty")
    return given


# --- the demo --------------------------------------------------------------------------------------------


def _demo_settings(
    folder: DataFolder, given: dict[str, str], profile: str
) -> tuple[dict[str, str], VerificationSettings]:
    named = {
        COUNTY_SETTINGS[name]: value for name, value in _county(profile).items() if name in COUNTY_SETTINGS
    }
    settings = {name: value for name, value in named.items() if not is_given(name, given)}
    settings |= folder.settings(given)
    root = read_root(folder.root_file) if folder.root_file.exists() else make_root(folder.root_file)
    if settings.setdefault("XIANSUO_ROOT_PUBLIC", public_hex(root)) != public_hex(root):
        raise BadSettings([f"XIANSUO_ROOT_PUBLIC: is not the public half of {folder.root_file}"])
    settings.setdefault("XIANSUO_ENVIRONMENT", Environment.DEMO.value)
    load_portal(settings)
    return settings, load_verification(settings)


def _county(profile: str) -> Mapping[str, str]:
    return read_county(profile).settings


def _prepare_demo(
    folder: DataFolder, settings: VerificationSettings, *, profile: str, clock: Clock, say: Say
) -> None:
    url = settings.database_url
    if folder.seeding.exists():
        say("a seed was interrupted; it is begun again from an empty database")
        _empty(folder, url)
    _make_private(url)
    chain.upgrade(url)
    _refuse(url, demo=False, reason="this database holds real accounts; set XIANSUO_ENVIRONMENT=production")
    if not _is_empty(url):
        _keep_facts(folder, settings, profile=profile, say=say)
        return
    folder.seeding.touch(mode=0o600)
    facts = _seed(folder, settings, profile=profile, clock=clock, say=say)
    folder.write_demo_facts(facts | _addresses(settings) | {"profile": profile})
    folder.seeding.unlink()


def _seed(
    folder: DataFolder, settings: VerificationSettings, *, profile: str, clock: Clock, say: Say
) -> dict[str, Any]:
    # Only a first run needs the seed and everything that it stands on.
    from verification.demo.seed import FOUNDED_DAYS_AGO, Place, seed

    say(f"first run: seeding the demo county, profile {profile}")
    database = Database(settings.database_url)
    founded_on = civil_day(clock) - timedelta(days=FOUNDED_DAYS_AGO)
    place = Place(
        database=database,
        blobs=FileBlobs(settings.blob_dir),
        root=RootKey(signing=read_root(folder.root_file), day=founded_on, rng=SYSTEM_RNG),
        host_key=settings.host_key,
        cleaner_key_dir=settings.cleaner_key_dir,
    )
    _wait_for_no_disk(database)
    try:
        facts = seed(place, profile=profile, now=clock.now(), say=say).to_record()
    finally:
        database.dispose()
    _write_out(settings.database_url)
    return facts


def _wait_for_no_disk(database: Database) -> None:
    """A seed's thousand commits need not be durable one by one: after a crash it is begun again anyway."""
    if database.is_sqlite:
        event.listen(
            database.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous = OFF").close()
        )


def _write_out(database_url: str) -> None:
    """Make all of it durable, before the mark of an unfinished seed goes."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        for path in (Path(f"{url.database}{suffix}") for suffix in ("", "-wal")):
            if path.exists():
                with path.open("rb") as file:
                    os.fsync(file.fileno())


def _keep_facts(folder: DataFolder, settings: VerificationSettings, *, profile: str, say: Say) -> None:
    """Addresses may have changed since the seed; everything else stays."""
    facts = folder.demo_facts()
    if facts is None:
        say(f"{folder.demo_file} is gone: nobody knows the passphrases; remove {folder.path} to begin again")
        return
    if facts.get("profile") != profile:
        say(
            f"this folder holds the profile {facts.get('profile')}; set XIANSUO_VAR to seed another beside it"
        )
    if facts != (current := facts | _addresses(settings)):
        folder.write_demo_facts(current)


def _addresses(settings: VerificationSettings) -> dict[str, Any]:
    return {"urls": {"public": settings.public_url, "internal": settings.internal_url}}


def _empty(folder: DataFolder, database_url: str) -> None:
    """Take away what an interrupted seed has left. Real accounts are never taken away: raises BadSettings."""
    _refuse(database_url, demo=False, reason="this database holds real accounts; it is not emptied")
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        for suffix in ("", "-wal", "-shm", "-turn"):
            Path(f"{url.database}{suffix}").unlink(missing_ok=True)
    else:
        chain.downgrade(database_url)
    # Blobs elsewhere are nobody's now; the workers' sweep removes them.
    for ours in (folder.blobs, folder.cleaner_keys):
        shutil.rmtree(ours, ignore_errors=True)
    folder.demo_file.unlink(missing_ok=True)
    folder.seeding.unlink()


def _make_private(database_url: str) -> None:
    """A new SQLite file is its owner's alone, whatever the umask; the files beside it follow its mode."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        path = Path(url.database)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)


def _is_empty(database_url: str) -> bool:
    return _ask(database_url, lambda session: session.scalar(select(Staff.id).limit(1)) is None) and _ask(
        database_url, lambda session: session.scalar(select(Tip.id).limit(1)) is None
    )


def _refuse(database_url: str, *, demo: bool, reason: str) -> None:
    """Raises BadSettings if there is an account that is one of a demo's (or, ``demo`` False, is none)."""
    wanted = select(Staff.id).where(Staff.demo.is_(demo)).limit(1)
    if _ask(database_url, lambda session: session.scalar(wanted) is not None):
        raise BadSettings([f"XIANSUO_DATABASE_URL: {reason}"])


def _ask(database_url: str, question: Callable[[Session], bool]) -> bool:
    """Ask the database once; False where it has no tables yet."""
    database = Database(database_url)
    try:
        if not inspect(database.engine).has_table(Staff.__tablename__):
            return False
        with database.read() as session:
            return question(session)
    finally:
        database.dispose()
