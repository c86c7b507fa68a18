"""The files that belong beside one file: of the same tip, the same case, the same report of a unit.

Each list holds what this person can open and nothing else: keys decide. Must not know: pages, requests.
Source: 4-sealing "Clean copies".
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from portal.models import Attachment, CleanState, Message, StoredFile, Tip
from portal.models.records import AttachmentEntry, InformantMessage
from verification.domain.acting import Acting
from verification.domain.messages import read_statement
from verification.errors import NotHere
from verification.models import Exhibit
from verification.policy.embargo import is_hidden
from verification.queries.exhibits import view_exhibits
from verification.queries.files import FileView, view_files, view_material, view_paper


@dataclass(frozen=True, slots=True, repr=False)
class Gallery:
    """Files in their order, and what they belong to; nothing where that has no page of its own."""

    files: list[FileView]
    tip_id: uuid.UUID | None = None
    case_id: uuid.UUID | None = None


def gallery_of(acting: Acting, object_id: uuid.UUID) -> Gallery:
    """The file ``object_id`` (an original's id) among those it came with.

    Raises NotHere, KeyLocked for whoever may open neither its clean copy nor what is said of it.
    """
    if (exhibit := acting.session.get(Exhibit, object_id)) is not None:
        return _of_exhibit(acting, exhibit)
    if (attachment := acting.session.get(Attachment, object_id)) is not None:
        return _of_tip(acting, attachment)
    paper = view_paper(acting, object_id)
    if paper is None or not acting.keyring.file_keys(acting.session, [object_id]):
        raise NotHere
    return Gallery([paper])


def _of_exhibit(acting: Acting, exhibit: Exhibit) -> Gallery:
    """Exhibits of the same case; of a unit's report those of the report, which is all the unit may see."""
    if is_hidden(acting.session, staff_id=acting.staff_id, case_id=exhibit.case_id):
        raise NotHere
    query = select(Exhibit).where(Exhibit.case_id == exhibit.case_id).order_by(Exhibit.ordinal)
    query = query.where(
        Exhibit.item_report_id.is_not_distinct_from(exhibit.item_report_id),
        Exhibit.part_report_id.is_not_distinct_from(exhibit.part_report_id),
    )
    files = [view.file for view in view_exhibits(acting, acting.session.scalars(query).all())]
    return Gallery(files, case_id=exhibit.case_id)


def _of_tip(acting: Acting, attachment: Attachment) -> Gallery:
    tip = acting.session.get_one(Tip, attachment.tip_id)
    if acting.keyring.holds(acting.session, tip.desk_key_id):
        return Gallery(view_files(acting, _entries_of(acting, tip)), tip_id=tip.id)
    return Gallery(_selected(acting, tip), case_id=tip.case_id)


def _entries_of(acting: Acting, tip: Tip) -> list[AttachmentEntry]:
    """What the tip and each later message brought."""
    entries = list(read_statement(acting, tip).attachments)
    brought = select(Attachment.message_id).where(Attachment.tip_id == tip.id)
    messages = acting.session.scalars(
        select(Message).where(Message.id.in_(brought)).order_by(Message.sent_on, Message.id)
    )
    for message in messages:
        entries += InformantMessage.from_record(acting.open(message.object_id)).attachments
    return entries


def _selected(acting: Acting, tip: Tip) -> list[FileView]:
    """The clean copies of a tip that a supervisor selected for this person's case, without their names."""
    copies = acting.session.scalars(
        select(StoredFile.clean_object_id)
        .join(Attachment, Attachment.object_id == StoredFile.object_id)
        .where(Attachment.tip_id == tip.id, StoredFile.clean_state == CleanState.CLEANED)
        .order_by(Attachment.ordinal)
    )
    wanted = [copy for copy in copies if copy is not None]
    mine = acting.keyring.file_keys(acting.session, wanted)
    return view_material(acting, [copy for copy in wanted if copy in mine])
