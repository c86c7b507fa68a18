"""Walking a case through the second half with the real verbs, so that a test can start at any stage of it.

``walk = Journey(office)``; ``walk.docketed()``, ``walk.planned()``, ``walk.signed()`` … say where to they go
and return the journey. Who acts: fan (desk), director, head, du and chen (team), lian (unit).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any, TypeVar

from portal.crypto.receipt import Receipt
from portal.models import Priority, Tip
from tests.support.office import TestOffice
from tests.support.sealed_files import seal_upload
from tests.support.walks import from_the_beginning
from verification.domain import (
    casework,
    conclusions,
    dispatch,
    fieldwork,
    findings,
    planning,
    rectification,
    second_reading,
    triage,
    weighing,
)
from verification.domain.acting import Acting
from verification.domain.casework import Brief, CaseFrame
from verification.domain.exhibits import NewExhibit
from verification.domain.fieldwork import RecordEntry
from verification.domain.items import ItemText
from verification.domain.offplan import approved_plan
from verification.domain.planning import PlanFrame, PlanText
from verification.domain.weighing import Mark
from verification.models import (
    Allegation,
    Case,
    CaseType,
    ContentBasis,
    DeliveryMeans,
    Exhibit,
    FieldRecord,
    Finding,
    Method,
    RecordKind,
    RectificationItem,
    Stance,
    StatementKind,
    Task,
)
from verification.policy.evidence import WITHOUT_EXHIBITS, evidence_of

T = TypeVar("T", Case, Task, Allegation, RectificationItem)

ALLEGATIONS = ("道路长期破损", "多次反映未处理")
RECEIPT = conclusions.Receipt(DeliveryMeans.HAND, "交通运输局办公室收文人员", note="回证原件存卷。")
PLAN_TEXT = PlanText(
    content="核查该路段破损情况和主管单位的处理过程。", objects="交通运输局", scope="清溪镇卫生院门前路段"
)


class Journey:
    """One case on its way."""

    def __init__(self, office: TestOffice, *, units: tuple[str, ...] = ("transport",)) -> None:
        self.office = office
        self.units = units
        self.case_id = uuid.UUID(int=0)
        self.task_id = uuid.UUID(int=0)
        self.item_id = uuid.UUID(int=0)
        self.receipts: list[Receipt] = []

    @contextmanager
    def acting(self, login: str) -> Iterator[Acting]:
        """Somebody in one transaction."""
        with self.office.acting(login) as acting:
            yield acting

    def read(self, kind: type[T], row_id: uuid.UUID) -> T:
        """A row as it stands."""
        with self.office.database.read() as session:
            return session.get_one(kind, row_id)

    @property
    def case(self) -> Case:
        """The case as it stands."""
        return self.read(Case, self.case_id)

    @property
    def task(self) -> Task:
        """The task as it stands."""
        return self.read(Task, self.task_id)

    @property
    def item(self) -> RectificationItem:
        """The newest item as it stands."""
        return self.read(RectificationItem, self.item_id)

    def on_case(self, login: str, verb: Callable[..., Any], **given: Any) -> Any:
        """A verb on the case at its present version."""
        with self.acting(login) as acting:
            return verb(acting, case_id=self.case_id, version=self.case.version, **given)

    def on_task(self, login: str, verb: Callable[..., Any], **given: Any) -> Any:
        """A verb on the task at its present version."""
        with self.acting(login) as acting:
            return verb(acting, task_id=self.task_id, version=self.task.version, **given)

    def on_item(self, login: str, verb: Callable[..., Any], **given: Any) -> Any:
        """A verb on the item at its present version."""
        with self.acting(login) as acting:
            return verb(acting, item_id=self.item_id, version=self.item.version, **given)

    # --- the first half, in short ---

    @from_the_beginning
    def proposed(self) -> Journey:
        """A case from one tip, proposed to the head."""
        tip_id, receipt = self.office.send_tip()
        self.receipts.append(receipt)
        with self.acting("fan") as acting:
            triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
        with self.acting("fan") as acting:
            tip = triage.accept_tip(
                acting, tip_id=tip_id, version=2, category="405", priority=Priority.P3, town_id=None
            )
            case = casework.open_case(
                acting,
                tips=[(tip_id, tip.version)],
                brief=Brief(title="道路修复情况", text="核查路段破损与处理过程。", allegations=ALLEGATIONS),
                frame=CaseFrame(
                    case_type=CaseType.VERIFICATION,
                    content_basis=ContentBasis.DUTIES,
                    category="405",
                    priority=Priority.P3,
                    town_id=None,
                    unit_ids=tuple(self.office.unit_id(code) for code in self.units),
                ),
            )
            self.case_id = case.id
        self.on_case("fan", casework.propose_docketing, overlap_reason="前次督查未涉及此路段。")
        return self

    @from_the_beginning
    def docketed(self) -> Journey:
        """... docketed by the head."""
        self.proposed()
        self.on_case("head", casework.approve_docketing)
        return self

    # --- plan, team, field work ---

    @property
    def today(self) -> date:
        """The office's day."""
        return self.office.intake.today

    def plan_frame(self, **changes: Any) -> PlanFrame:
        """A plan for the coming fortnight."""
        values: dict[str, Any] = {
            "units": tuple(self.office.unit_id(code) for code in self.units),
            "methods": (Method.INSPECTION, Method.READING),
            "unannounced": True,
            "starts_on": self.today,
            "ends_on": self.today + timedelta(days=14),
            "people": 2,
            "hours": 16,
        }
        return PlanFrame(**(values | changes))

    def plan_proposed(self, **changes: Any) -> Journey:
        """A plan is proposed to the director."""
        self.on_case("fan", planning.write_and_propose_plan, text=PLAN_TEXT, frame=self.plan_frame(**changes))
        return self

    @from_the_beginning
    def planned(self, **changes: Any) -> Journey:
        """From the docketed case to an approved plan."""
        self.docketed().plan_proposed(**changes)
        self.on_case("director", planning.approve_plan)
        return self

    def dispatched(self, *team: str, outside: tuple[str, ...] = ()) -> Journey:
        """A task for du and chen, or for ``team``; the first leads. outside: invited members."""
        people = [self.office.staff_id(login) for login in team or ("du", "chen")]
        with self.acting("fan") as acting:
            plan = approved_plan(acting, self.case_id)
            assert plan is not None
            task = dispatch.dispatch_task(
                acting,
                case_id=self.case_id,
                version=self.case.version,
                plan_id=plan.id,
                team=people,
                leader=people[0],
                due_on=self.today + timedelta(days=10),
                outside=[self.office.staff_id(login) for login in outside],
            )
            self.task_id = task.id
        return self

    @from_the_beginning
    def signed(self) -> Journey:
        """From an approved plan to a task that du signed for."""
        self.planned().dispatched()
        self.on_task("du", dispatch.sign_task)
        return self

    def entry(self, **changes: Any) -> RecordEntry:
        """A visit by two at the inspected unit an hour ago."""
        values: dict[str, Any] = {
            "kind": RecordKind.VISIT,
            "method": Method.INSPECTION,
            "began_at": self.office.clock.now() - timedelta(hours=1),
            "minutes": 45,
            "unit_id": self.office.unit_id(self.units[0]),
            "people": (self.office.staff_id("du"), self.office.staff_id("chen")),
            "place": "卫生院门前",
            "words": {"arrival": "步行到达", "card_shown": True, "seen": "路面有三处坑，最深约十厘米。"},
        }
        return RecordEntry(**(values | changes))

    def logged(self, *, photos: int = 1, **changes: Any) -> Journey:
        """A visit with photographs."""
        with self.acting("du") as acting:
            fieldwork.log_record(
                acting,
                task_id=self.task_id,
                entry=self.entry(**changes),
                exhibits=[self.photo() for _ in range(photos)],
            )
        return self

    def photo(self, content: bytes = b"a photograph") -> NewExhibit:
        """An upload, really sealed and in the blob store."""
        return NewExhibit(file=seal_upload(self.office, content), place="卫生院门前", note="坑洼")

    # --- findings and after ---

    def allegations(self) -> list[Allegation]:
        """The allegations as they stand."""
        with self.office.database.read() as session:
            query = session.query(Allegation).filter(Allegation.case_id == self.case_id)
            return query.order_by(Allegation.ordinal).all()

    def exhibits(self) -> list[Exhibit]:
        """Exhibits of the case, in order."""
        with self.office.database.read() as session:
            query = session.query(Exhibit).filter(Exhibit.case_id == self.case_id)
            return query.order_by(Exhibit.ordinal).all()

    def records(self) -> list[FieldRecord]:
        """Records of the case, in order of writing."""
        with self.office.database.read() as session:
            query = session.query(FieldRecord).filter(FieldRecord.case_id == self.case_id)
            return query.order_by(FieldRecord.written_at).all()

    def weighed(self, stance: Stance = Stance.SUPPORTS, *, off_plan: bool = False) -> Journey:
        """The first exhibit, within the plan or outside it, says this to every allegation."""
        first = [row.object_id for row in self.exhibits() if row.off_plan is off_plan][:1]
        for allegation in self.allegations():
            with self.acting("du") as acting:
                row = evidence_of(acting.session, self.case_id)[allegation.id]
                marks = {one.source.id: Mark(stance, one.version) for one in row if one.source.id in first}
                given: Any = {"allegation_id": allegation.id, "version": allegation.version}
                weighing.weigh_evidence(acting, marks=marks, **given)
        return self

    def found(self, finding: Finding = Finding.TRUE, *, stated: bool = True) -> Journey:
        """Every allegation gets evidence that agrees, the unit's statement and a finding on both."""
        agrees = Stance.REFUTES if finding is Finding.UNTRUE else Stance.SUPPORTS
        if finding not in WITHOUT_EXHIBITS:
            self.weighed(agrees)
        for allegation in self.allegations():
            with self.acting("du") as acting:
                version = allegation.version
                if stated:
                    findings.record_statement(
                        acting,
                        allegation_id=allegation.id,
                        version=version,
                        kind=StatementKind.GIVEN,
                        stance=agrees,
                        text="情况属实，正在安排修复。",
                    )
                    version += 1
                findings.record_finding(
                    acting,
                    allegation_id=allegation.id,
                    version=version,
                    finding=finding,
                    reasons="现场所见与照片相符。",
                )
        return self

    @from_the_beginning
    def fixing(self) -> Journey:
        """Visited, found, and at the stage of watching the fix."""
        self.signed().logged().found()
        self.on_task("du", fieldwork.begin_follow)
        self.on_task("du", fieldwork.begin_fix)
        return self

    def drafted(self, login: str = "fan", *, wording_accepted: bool = False, **texts: str) -> Journey:
        """A draft of the conclusion."""
        values = {"file_text": "经查，两项均属实。", "unit_text": "请于三十日内修复路面。"} | texts
        given = {"wording_accepted": wording_accepted, **values}
        self.on_case(login, conclusions.draft_conclusion, **given)
        return self

    @from_the_beginning
    def concluding(self) -> Journey:
        """From the beginning to a draft of the conclusion."""
        self.fixing()
        self.on_case("fan", conclusions.begin_conclusion)
        return self.drafted().read_over()

    def read_over(self, login: str = "chen") -> Journey:
        """Somebody other than the drafter reads the draft over."""
        self.on_case(login, second_reading.read_over)
        return self

    @from_the_beginning
    def approved(self) -> Journey:
        """The head approved the conclusion."""
        self.concluding()
        self.on_case("fan", conclusions.propose_conclusion)
        self.on_case("head", conclusions.approve_conclusion)
        return self

    @from_the_beginning
    def delivered(self) -> Journey:
        """The unit received the conclusion today."""
        self.approved()
        self.on_case("fan", conclusions.deliver_conclusion, delivered_on=self.today, receipt=RECEIPT)
        return self

    def with_item(self) -> Journey:
        """An item is written."""
        item = self.on_case(
            "fan",
            rectification.add_item,
            text=ItemText(problem="路面坑洼未修", standard="坑洼填平，验收合格"),
            unit_id=self.office.unit_id(self.units[0]),
            due_on=self.today + timedelta(days=30),
        )
        self.item_id = item.id
        return self

    @from_the_beginning
    def ordered(self) -> Journey:
        """From the beginning to an ordered item."""
        self.delivered().with_item()
        self.on_case("fan", rectification.order_rectification)
        return self

    def reported(self) -> Journey:
        """The liaison reports with a photograph."""
        self.on_item(
            "lian", rectification.report_item, measures="已于昨日填平。", proofs=[self.photo(b"after")]
        )
        return self
