"""The file a real office is founded from: bodies, people, places; checked before anything is written.

    [[unit]]
    code = "jiaotong"            name = "县交通运输局"       name_en = "Transport Bureau"
    kind = "department"          duties = ["405"]           in_charge = "login"      channel = "…"
    [[person]]
    login = "lin.xiaoyu"         name = "林晓雨"             roles = ["supervisor"]   unit = "duchashi"
    trained_on = 2026-01-05      undertaking_on = 2026-01-05                         alternate_desk = false
    alternate_second = false     # agrees to opening identities of the alternate desk's tips, reads none
    interests = [["zhujian", "kinship"]]
    [directory]
    places = ["清溪镇"]

Must not know: keys, tables' rows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from verification.domain.founding import NewUnit
from verification.models import InterestKind, Role, UnitKind
from verification.policy.codes import CATEGORIES

#: Without these nothing could ever be triaged, approved or planned, and nobody could look after the machines.
NEEDED = (Role.HEAD, Role.DIRECTOR, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)


class BadOfficeFile(Exception):
    """The file cannot be used; the message lists every reason that was found."""


@dataclass(frozen=True, slots=True)
class OfficePerson:
    """Somebody to add."""

    login: str
    name: str
    roles: tuple[Role, ...]
    unit: str
    trained_on: date | None
    undertaking_on: date | None
    alternate_desk: bool
    alternate_second: bool
    interests: tuple[tuple[str, InterestKind], ...]


@dataclass(frozen=True, slots=True)
class OfficeFile:
    """A whole office. ``in_charge``: unit code → login."""

    units: tuple[NewUnit, ...]
    people: tuple[OfficePerson, ...]
    in_charge: Mapping[str, str]
    places: tuple[str, ...]


def read_office_file(path: Path) -> OfficeFile:
    """Read and check. Raises BadOfficeFile."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        office = OfficeFile(
            units=tuple(_unit(entry) for entry in document.get("unit", ())),
            people=tuple(_person(entry) for entry in document.get("person", ())),
            in_charge={
                entry["code"]: entry["in_charge"]
                for entry in document.get("unit", ())
                if "in_charge" in entry
            },
            places=tuple(document.get("directory", {}).get("places", ())),
        )
    except OSError as error:
        raise BadOfficeFile(f"{path} cannot be read ({error.strerror})") from None
    except KeyError as error:
        raise BadOfficeFile(f"{path}: an entry has no {error.args[0]}") from None
    except ValueError as error:
        raise BadOfficeFile(f"{path}: {error}") from None
    if problems := _problems(office):
        raise BadOfficeFile("; ".join(problems))
    return office


def _unit(entry: dict[str, Any]) -> NewUnit:
    return NewUnit(
        code=entry["code"],
        name=entry["name"],
        name_en=entry["name_en"],
        kind=UnitKind(entry["kind"]),
        duties=tuple(entry.get("duties", ())),
        channel=entry.get("channel"),
    )


def _person(entry: dict[str, Any]) -> OfficePerson:
    return OfficePerson(
        login=entry["login"],
        name=entry["name"],
        roles=tuple(Role(role) for role in entry["roles"]),
        unit=entry["unit"],
        trained_on=entry.get("trained_on"),
        undertaking_on=entry.get("undertaking_on"),
        alternate_desk=bool(entry.get("alternate_desk", False)),
        alternate_second=bool(entry.get("alternate_second", False)),
        interests=tuple((code, InterestKind(kind)) for code, kind in entry.get("interests", ())),
    )


def _at_alternate(person: OfficePerson) -> bool:
    return person.alternate_desk or person.alternate_second


def _problems(office: OfficeFile) -> list[str]:
    codes = [unit.code for unit in office.units]
    logins = [person.login for person in office.people]
    roles = {role for person in office.people for role in person.roles}
    found = [f"the unit {code} stands twice" for code in sorted(set(codes)) if codes.count(code) > 1]
    found += [f"the login {login} stands twice" for login in sorted(set(logins)) if logins.count(login) > 1]
    found += [f"nobody is {role.value}" for role in NEEDED if role not in roles]
    found += [
        f"{person.login} names the unit {code}, which there is not"
        for person in office.people
        for code in (person.unit, *(code for code, _kind in person.interests))
        if code not in codes
    ]
    found += [
        f"{person.login} cannot be supervisor and director"
        for person in office.people
        if {Role.SUPERVISOR, Role.DIRECTOR} <= set(person.roles)
    ]
    found += [
        f"{person.login} cannot read at the alternate desk and be its second person"
        for person in office.people
        if person.alternate_desk and person.alternate_second
    ]
    if len({person.alternate_desk for person in office.people if _at_alternate(person)}) == 1:
        found.append("the alternate desk needs somebody who reads its tips and another as its second person")
    found += [
        f"{code} is led by {login}, who is not there"
        for code, login in office.in_charge.items()
        if login not in logins
    ]
    found += [
        f"{unit.code} has the duty {duty}, which is no category"
        for unit in office.units
        for duty in unit.duties
        if duty not in CATEGORIES
    ]
    return found
