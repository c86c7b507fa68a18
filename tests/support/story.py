"""A whole story of one case: every verb, every paper that goes with it, and that the law was followed.

``Story`` is a journey that can do everything; ``story.papers(…)`` makes documents, ``story.is_lawful(desk)``
looks at the compliance sheet, at the trail and at what each reader's page says at the end.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

from sqlalchemy import select

from portal.models import Message, MessageKind, Tip, TipState
from tests.support.asking import heard
from tests.support.desk import Desk
from tests.support.journey import RECEIPT
from tests.support.made import Papers
from tests.support.recusing import Recusing
from tests.verification.domain.test_assigning import LightPath
from tests.verification.domain.test_referring import Referring
from tests.verification.domain.test_reviewing import Reviewing
from tests.verification.domain.test_using import Using
from verification.audit.verify import verify_chain
from verification.documents.sheet import Sheet
from verification.domain import answering, conclusions, fieldwork, rectification
from verification.models import (
    CaseState,
    CaseUnit,
    DocumentKind,
    Exhibit,
    ExhibitSource,
    FieldRecord,
    Finding,
    Referral,
    Review,
)


class Story(Using, Reviewing, Referring, LightPath, Recusing, Papers):
    """Everything that can happen to a case."""

    def went_through(self, finding: Finding = Finding.TRUE) -> Story:
        """From the tip to a delivered conclusion with this finding."""
        self.signed().logged().found(finding)
        self.on_task("du", fieldwork.begin_follow)
        self.on_task("du", fieldwork.begin_fix)
        return self.concluded()

    def exhibits(self) -> list[Exhibit]:
        """Those of the team first: findings rest on them, and not on what the unit sent."""
        return sorted(super().exhibits(), key=lambda row: row.source is not ExhibitSource.INSPECTOR)

    def concluded(self, *, reader: str = "chen") -> Story:
        """From findings to a delivered conclusion, read over by a second person."""
        self.on_case("fan", conclusions.begin_conclusion)
        self.drafted().read_over(reader)
        self.on_case("fan", conclusions.propose_conclusion)
        self.on_case("head", conclusions.approve_conclusion)
        self.on_case("fan", conclusions.deliver_conclusion, delivered_on=self.today, receipt=RECEIPT)
        return self

    def mended(self, *, signer: str = "reviewer") -> Story:
        """The newest item: reported with proof, verified, informants asked, signed off by one uninvolved."""
        self.reported()
        self.on_item("du", rectification.verify_item, note="现场平整。", signer=self.office.staff_id(signer))
        self.told()
        heard(self)
        self.on_item(signer, rectification.sign_off_item)
        return self

    def told(self, closing: str = "已经处理，谢谢您。") -> Story:
        """Every informant of the case has an answer to each point."""
        with self.acting("fan") as acting:
            waiting = select(Tip).where(Tip.case_id == self.case_id, Tip.state == TipState.IN_CASE)
            for tip in acting.session.scalars(waiting).all():
                points = {row.id: f"第{row.ordinal}项：已核查清楚。" for row in self.allegations()}
                answering.answer_informant(
                    acting, tip_id=tip.id, version=tip.version, points=points, closing=closing
                )
        return self

    def closed(self) -> Story:
        """The case is closed."""
        self.on_case("fan", answering.close_case)
        assert self.case.state is CaseState.CLOSED
        return self

    # --- papers --------------------------------------------------------------------------------------------

    def paper_on(self, kind: DocumentKind, subject_id: uuid.UUID | None = None, login: str = "fan") -> Sheet:
        """One document, made and read again."""
        return self.sheet(self.make(kind, subject_id, login=login), login)

    def papers_on_units(self, *kinds: DocumentKind) -> list[Sheet]:
        """These, for the first unit of the case."""
        with self.office.database.read() as session:
            unit_id = session.scalars(
                select(CaseUnit.unit_id).where(CaseUnit.case_id == self.case_id).order_by(CaseUnit.unit_id)
            ).first()
        return [self.paper_on(kind, unit_id) for kind in kinds]

    def papers_on_the_case(self, *kinds: DocumentKind) -> list[Sheet]:
        """These, of the case as a whole."""
        return [self.paper_on(kind) for kind in kinds]

    def first_of(self, model: type[FieldRecord] | type[Review] | type[Referral]) -> uuid.UUID:
        """The first row of this kind of the case."""
        with self.office.database.read() as session:
            return session.scalars(select(model.id).where(model.case_id == self.case_id)).one()

    # --- the end -------------------------------------------------------------------------------------------

    def messages(self) -> Sequence[MessageKind]:
        """What kinds of messages the informants of the case have in their mailboxes."""
        with self.office.database.read() as session:
            query = (
                select(Message.kind).join(Tip, Tip.id == Message.tip_id).where(Tip.case_id == self.case_id)
            )
            return session.scalars(query).all()

    def is_lawful(self, desk: Desk) -> None:
        """The compliance sheet has nothing red, the trail is unbroken, and the case's page opens."""
        fan = desk.person("fan")
        sheet = fan.get(f"/cases/{self.case_id}/compliance").get_data(as_text=True)
        missing = re.findall(r'<tr class="row-missing">\s*<th scope="row">([^<]*)', sheet)
        assert missing == [], f"not shown: {missing}"
        assert "Every step that was due can be shown." in sheet
        assert fan.get(f"/cases/{self.case_id}").status_code == 200
        with self.office.database.read() as session:
            assert verify_chain(session, trust=self.office.trust).broken_at is None
