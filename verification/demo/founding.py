"""Founding the demo's office: keys signed by its root, bodies, people, who is in charge, the directory.

Owns: how a county's file becomes rows, on a day before the first tip. Must not know: tips, cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from portal.clock import civil_day
from verification.demo.county import Body, Person
from verification.demo.people import Keyed
from verification.demo.stage import Stage
from verification.domain.founding import (
    NewStaff,
    NewUnit,
    OfficeKeys,
    add_directory,
    add_staff,
    add_unit,
    declare_interest,
    found_office,
    put_in_charge,
)
from verification.jobs.cleaning.day_keys import KeyFiles
from verification.keys.ceremony import RootKey
from verification.models import Staff, Unit


def found(stage: Stage, *, root: RootKey, people: Mapping[str, Keyed], today_offset: int) -> None:
    """Found the office at the stage's moment, in one transaction. Fills ``keyed``, ``staff`` and ``units``.

    today_offset: days from that moment to today, from which training and undertakings are counted back.
    """
    with stage.database.write() as session:
        keys = found_office(
            session, root=root.signing, clock=stage.clock, rng=stage.rng,
            with_alternate=stage.county.alternate_desk,
        )  # fmt: skip
        units = {body.code: add_unit(session, _unit(body), keys=keys) for body in stage.county.bodies}
        staff = {
            person.login: _add_person(session, stage, person, people[person.login], keys, units, today_offset)
            for person in stage.county.people
        }
        for body in stage.county.bodies:
            if body.in_charge is not None:
                put_in_charge(session, unit=units[body.code], leader=staff[body.in_charge])
        add_directory(
            session, bodies=stage.county.names_for_form(), places=list(stage.county.places), rng=stage.rng
        )
    KeyFiles(stage.bench.cleaner_key_dir).keep_issuer(keys.issuer_id, keys.issuer)
    stage.keyed.update(people)
    stage.staff.update((login, row.id) for login, row in staff.items())
    stage.units.update((code, row.id) for code, row in units.items())


def _unit(body: Body) -> NewUnit:
    return NewUnit(
        code=body.code,
        name=body.name,
        name_en=body.name_en,
        kind=body.kind,
        duties=body.duties,
        channel=body.channel,
    )


def _add_person(
    session: Session,
    stage: Stage,
    person: Person,
    own: Keyed,
    keys: OfficeKeys,
    units: Mapping[str, Unit],
    today_offset: int,
) -> Staff:
    today = civil_day(stage.clock) + timedelta(days=today_offset)
    new = NewStaff(
        login=person.login,
        name=person.name,
        roles=person.roles,
        unit_id=units[person.unit].id,
        trained_on=None if person.trained is None else today - timedelta(days=person.trained),
        undertaking_on=None if person.sworn is None else today - timedelta(days=person.sworn),
        alternate_desk=person.alternate_desk,
        alternate_second=person.alternate_second,
        demo=True,
    )
    row = add_staff(session, new, keys=keys, own=own.secrets, clock=stage.clock)
    for code, kind in person.interests:
        declare_interest(session, staff=row, unit_id=units[code].id, kind=kind, rng=stage.rng)
    return row
