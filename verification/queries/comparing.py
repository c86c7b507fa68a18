"""What was found beside what was put right: the pictures of one rectification item. Reg. art. 18.

A constant number of queries. Must not know: pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from verification.domain.acting import Acting
from verification.models import Exhibit, ItemReport, LookBackResult, RectificationItem
from verification.queries.exhibits import ExhibitView, view_exhibits


@dataclass(frozen=True, slots=True, repr=False)
class Sides:
    """before: what the team took before the unit first reported; after: the unit's proof and what the team
    took from then on, the newest first."""

    before: list[ExhibitView]
    after: list[ExhibitView]


def sides_of(acting: Acting, item: RectificationItem) -> Sides:
    """The exhibits of an item's case on their sides, those that can be looked at. Raises KeyLocked."""
    session = acting.session
    reports = session.execute(
        select(ItemReport.id, ItemReport.reported_at)
        .where(ItemReport.item_id == item.id)
        .order_by(ItemReport.reported_at)
    ).all()
    own = {None, *(report.id for report in reports)}
    looks = select(LookBackResult.id).where(LookBackResult.item_id == item.id)
    seen_again = {None, *session.scalars(looks)}
    rows = session.scalars(select(Exhibit).where(Exhibit.case_id == item.case_id)).all()
    mine = view_exhibits(
        acting, [row for row in rows if row.item_report_id in own and row.look_back_result_id in seen_again]
    )
    views = [view for view in mine if view.file.clean_id]
    first = reports[0].reported_at if reports else None
    is_after = {
        view.object_id: view.item_report_id is not None or (first is not None and view.taken_at > first)
        for view in views
    }
    return Sides(
        before=[view for view in views if not is_after[view.object_id]],
        after=[view for view in reversed(views) if is_after[view.object_id]],
    )
