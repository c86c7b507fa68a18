"""Values as people read them: days, lengths, units, and words for codes that have none elsewhere.

Registered as template filters and globals by ``frame``. Must not know: any page.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask import current_app, url_for
from flask_babel import format_date
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.clock import CIVIL_ZONE
from portal.models.records import Reporter, Subject
from portal.storage.received import FileProblem, Refused
from portal.texts import either, gettext
from verification.action_words import ACTIONS
from verification.domain.items import ItemText
from verification.labels import code_label, label
from verification.models import NoteKind, RectificationItem, Unit
from verification.policy.codes import CATEGORIES, CHANNELS, DECLINE_REASONS
from verification.policy.permissions import Permission
from verification.policy.uses import ORGANS
from verification.web.office import visitor_or_none
from verification.workflow.states import Action, SubjectKind

#: Where a subject's own page is: endpoint, and the name of its id in the address.
SUBJECT_PAGES: dict[str, tuple[str, str]] = {
    SubjectKind.TIP: ("tips.show", "tip_id"),
    SubjectKind.CASE: ("cases.show", "case_id"),
    SubjectKind.TASK: ("tasks.show", "task_id"),
    SubjectKind.ITEM: ("rectification.item", "item_id"),
    SubjectKind.REVIEW: ("reviews.show", "review_id"),
    SubjectKind.ASSIGNMENT: ("assignments.show", "assignment_id"),
    SubjectKind.MEASURE: ("uses.show", "measure_id"),
    SubjectKind.ASKING: ("asking.show", "asking_id"),
    SubjectKind.DESIGNATION: ("designations.show", "designation_id"),
    SubjectKind.LEAD: ("leads.show", "lead_id"),
    SubjectKind.EXTENSION: ("rectification.extension", "extension_id"),
    SubjectKind.LOOK_BACK: ("look_backs.show", "look_back_id"),
    SubjectKind.COORDINATION: ("coordinating.show", "coordination_id"),
    SubjectKind.PART: ("coordinating.part", "part_id"),
}

#: Where a unit's liaison reads the same.
UNIT_PAGES: dict[str, tuple[str, str]] = {
    SubjectKind.CASE: ("unit_desk.show", ""),
    SubjectKind.ITEM: ("unit_desk.item", "item_id"),
    SubjectKind.EXTENSION: ("unit_desk.show", ""),
    SubjectKind.REVIEW: ("unit_desk.show", ""),
    SubjectKind.ASSIGNMENT: ("unit_assignments.show", "assignment_id"),
    SubjectKind.MEASURE: ("unit_uses.show", "measure_id"),
    SubjectKind.PART: ("unit_coordination.show", "part_id"),
}

#: Who informants say they are.
REPORTERS: dict[Reporter, LazyString] = {
    Reporter.CITIZEN: _l("A citizen"),
    Reporter.BUSINESS: _l("A business"),
    Reporter.OFFICIAL: _l("A grass-roots official"),
}

#: The eight plain words of the public form. Source: 2-domain §3.
SUBJECT_NAMES: dict[Subject, LazyString] = {
    Subject.NOT_DONE: _l("Nobody does what should be done"),
    Subject.PASSED_AROUND: _l("Sent from one office to the next, or kept waiting"),
    Subject.FEES_AND_FINES: _l("Arbitrary fees or fines"),
    Subject.PROMISE_BROKEN: _l("A promise not kept, a subsidy not paid"),
    Subject.BUSINESS_HINDERED: _l("Hard for a business to get things done"),
    Subject.SAFETY_OR_ENVIRONMENT: _l("Safety or environment"),
    Subject.TOO_MANY_INSPECTIONS: _l("Too many inspections, formalism"),
    Subject.SUGGESTION_OR_OTHER: _l("A suggestion, or something else"),
}

#: Words that went with an act on a case.
NOTE_KINDS: dict[NoteKind, LazyString] = {
    NoteKind.RETURN: _l("Returned, because"),
    NoteKind.ENDORSEMENT: _l("Opinion of the deputy"),
    NoteKind.HAND_BACK: _l("Handed back, because"),
    NoteKind.RULING: _l("Ruling"),
    NoteKind.REMARK: _l("Remark"),
}

#: Why a file was not taken.
FILE_PROBLEMS: dict[Refused, LazyString] = {
    Refused.FILE_TOO_LARGE: _l("larger than one file may be"),
    Refused.MESSAGE_TOO_LARGE: _l("together with the others more than can be sent at once"),
    Refused.TOO_MANY_FILES: _l("more files than can be sent at once"),
    Refused.EMPTY: _l("the file is empty"),
    Refused.NOT_EXPECTED: _l("no file is expected here"),
    Refused.DISK_FULL: _l("there is no room left at the moment; tell the administrator"),
    Refused.CUT: _l("the connection broke off; please send it again"),
    Refused.MALFORMED: _l("the form arrived damaged; please send it again"),
    Refused.TOO_MANY_FIELDS: _l("the form has more fields than ours"),
    Refused.FIELD_TOO_LARGE: _l("a text is too long"),
}

#: Why there is no clean copy. Keys: ``verification.clean_report.Reason``.
NO_COPY: dict[str, LazyString] = {
    "empty": _l("the file is empty"),
    "type-not-cleaned": _l("files of this kind cannot be cleaned"),
    "broken": _l("the file is broken or not what it says it is"),
    "too-many-pixels": _l("the picture is too large to be opened safely"),
    "over-limits": _l("opening it needed more than is safe"),
    "damaged": _l("the stored original is damaged"),
    "encrypted": _l("it is locked with a password"),
    "listed": _l("an archive: what it holds is listed, nothing is unpacked"),
    "bomb": _l("an archive that unpacks to far more than it is: do not open it"),
}

#: Kinds of things a clean copy no longer holds. Keys: ``verification.clean_report.Removed``.
REMOVED: dict[str, LazyString] = {
    "position": _l("position"),
    "device": _l("device"),
    "time": _l("time taken"),
    "author": _l("author"),
    "comments": _l("comments"),
    "thumbnail": _l("embedded preview"),
    "settings": _l("camera settings"),
    "software": _l("software"),
    "colour-profile": _l("colour profile"),
    "edit-history": _l("editing history"),
    "embedded": _l("embedded files"),
    "trailing-bytes": _l("hidden bytes at the end"),
    "other": _l("other particulars"),
}


def day(value: date | datetime | None) -> str:
    """A date; empty for none."""
    if value is None:
        return ""
    return str(format_date(value.astimezone(CIVIL_ZONE) if isinstance(value, datetime) else value, "medium"))


def moment(value: datetime | None) -> str:
    """A date and time in the office's zone; empty for none."""
    if value is None:
        return ""
    return f"{day(value)} {value.astimezone(CIVIL_ZONE):%H:%M}"


def due_at(value: datetime | None) -> str:
    """A limit: its day, with the hour where it does not run to the end of the day."""
    if value is None:
        return ""
    local = value.astimezone(CIVIL_ZONE)
    if (local.hour, local.minute) == (23, 59):
        return day(value)
    return f"{day(value)} {local:%H:%M}"


def size(true_bytes: int) -> str:
    """A length people can judge."""
    if true_bytes < 1024:
        return gettext("%(count)s bytes", count=true_bytes)
    kibibytes = true_bytes / 1024
    return f"{kibibytes:.0f} KB" if kibibytes < 1024 else f"{kibibytes / 1024:.1f} MB"


def unit_name(unit: Unit | None) -> str:
    """A unit's name in the reader's language; empty for none."""
    return "" if unit is None else either(unit.name, unit.name_en)


def with_label(member: StrEnum) -> tuple[str, LazyString]:
    """A choice of a list: its code and its words."""
    return member.value, label(member)


def item_option(pair: tuple[RectificationItem, ItemText]) -> tuple[str, str]:
    """A rectification item as a choice of a list."""
    item, words = pair
    return str(item.id), f"{item.ordinal}. {words.problem}"


def unit_options(units: Iterable[Unit]) -> list[tuple[str, str]]:
    """Units for a select or a list of boxes."""
    return [(str(unit.id), unit_name(unit)) for unit in units]


def category_name(code: str | None) -> LazyString | str:
    """A category in words."""
    return code_label(CATEGORIES, code)


def channel_name(code: str | None) -> LazyString | str:
    """A channel in words."""
    return code_label(CHANNELS, code)


def organ_name(code: str | None) -> LazyString | str:
    """Who receives a paper, where it is no unit of ours."""
    return code_label(ORGANS, code)


def reason_name(code: str | None) -> LazyString | str:
    """A reason for declining in words."""
    return code_label(DECLINE_REASONS, code)


def note_name(kind: NoteKind) -> LazyString:
    """What a note on a case is."""
    return NOTE_KINDS[kind]


def action_name(code: str) -> LazyString | str:
    """An action that is kept by its code, in words."""
    return ACTIONS[Action(code)] if code in {action.value for action in Action} else code


def exists(endpoint: str) -> bool:
    """Whether this app has that page."""
    return endpoint in current_app.view_functions


def file_problem(problem: FileProblem) -> str:
    """Why a file was not taken, with the limit it crossed."""
    words = str(FILE_PROBLEMS[problem.reason])
    if problem.max_bytes is None:
        return words
    return gettext("%(reason)s (at most %(limit)s)", reason=words, limit=size(problem.max_bytes))


def no_copy_reason(code: str) -> LazyString | str:
    """Why there is no clean copy."""
    return code_label(NO_COPY, code or None)


def removed_words(codes: Iterable[str]) -> str:
    """What was taken out, as a list in a sentence."""
    return gettext(", ").join(str(code_label(REMOVED, code)) for code in codes)


def address_of(kind: str, subject_id: object) -> str:
    """Where a subject's page is, or nothing where it has none that this person may know of.

    A liaison reads no case: what concerns their unit in it is on the unit's desk.
    """
    person = visitor_or_none()
    if kind == SubjectKind.CASE and person is not None and not person.may(Permission.CASE_READ):
        return url_for("unit_desk.show") if person.may(Permission.UNIT_DESK) else ""
    endpoint, name = SUBJECT_PAGES.get(kind, ("", ""))
    if person is not None and not person.may(Permission.CASE_READ):
        endpoint, name = UNIT_PAGES.get(kind, (endpoint, name))
    if endpoint not in current_app.view_functions:
        return ""
    values: dict[str, Any] = {name: subject_id} if name else {}
    return url_for(endpoint, **values)


FILTERS = {
    "day": day,
    "moment": moment,
    "due_at": due_at,
    "size": size,
    "unit_name": unit_name,
    "with_label": with_label,
    "item_option": item_option,
}
GLOBALS = {
    "unit_options": unit_options,
    "category_name": category_name,
    "channel_name": channel_name,
    "organ_name": organ_name,
    "reason_name": reason_name,
    "action_name": action_name,
    "note_name": note_name,
    "exists": exists,
    "file_problem": file_problem,
    "no_copy_reason": no_copy_reason,
    "removed_words": removed_words,
    "address_of": address_of,
}
