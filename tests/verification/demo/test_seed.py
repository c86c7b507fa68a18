"""A seeded county: everything is there, opens for whom it should, and nothing lies readable."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, not_, select
from sqlalchemy.orm import Session

from config import BadSettings
from portal.crypto.receipt import Receipt
from portal.domain.mailbox import open_mailbox
from portal.models import Attachment, CleanState, Desk, OutboxRow, OutboxTopic, StoredFile, Tip, TipState
from tests.support.markers import Search
from tests.support.seeded import SeededDemo
from verification.audit.verify import verify_chain
from verification.cli.demo import accounts
from verification.cli.setup import prepare
from verification.demo.light import lead_tips
from verification.demo.stories import read_stories
from verification.domain.casework import read_brief
from verification.domain.items import deliveries_for_unit, items_for_unit, read_items
from verification.domain.messages import read_mailbox, read_statement
from verification.errors import KeyLocked
from verification.models import (
    Asking,
    AskingState,
    Assignment,
    AssignmentState,
    AuditEntry,
    Case,
    CaseMaterial,
    CaseState,
    Coordination,
    CoordinationPart,
    CoordinationState,
    Deadline,
    DerivedLead,
    Designation,
    DesignationState,
    Extension,
    ExtensionState,
    Holding,
    HoldingState,
    ItemState,
    LeadState,
    LookBack,
    LookBackMember,
    LookBackState,
    Measure,
    MeasureState,
    PartState,
    RectificationItem,
    RecusalRequest,
    RecusalState,
    Referral,
    ReferralState,
    Review,
    ReviewState,
    Staff,
    Task,
    TaskMember,
    TaskState,
)
from verification.policy.recusal import recused_cases

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("seeded")]

TIPS, CASES = read_stories(small=True)


def _taken_up(session: Session) -> int:
    """Cases that began as a lead of another one; they are drafts."""
    is_taken_up = DerivedLead.state == LeadState.TAKEN_UP
    return session.scalar(select(func.count()).select_from(DerivedLead).where(is_taken_up)) or 0


def test_seed_that_was_interrupted_is_begun_again_from_nothing(seeded: SeededDemo) -> None:
    assert seeded.left["marked"] == 1
    assert seeded.left["staff"] > 0
    assert seeded.left["tips"] > 0
    assert "interrupted" in seeded.said[0]
    assert not (seeded.var / "seeding").exists()
    with seeded.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Tip)) == len(TIPS)
        opened = len(CASES) + len(lead_tips()) + 1 + _taken_up(session)
        assert session.scalar(select(func.count()).select_from(Case)) == opened
        assert session.scalar(select(func.count()).select_from(Staff)) == len(accounts(seeded.var))


def test_small_office_is_ten_people_and_the_units_liaisons(seeded: SeededDemo) -> None:
    roles = Counter(account.role for account in accounts(seeded.var))
    liaisons = roles.pop("liaison")
    assert liaisons < 37
    assert roles == {
        "head": 1, "director": 1, "supervisor": 2, "inspector": 2, "reviewer": 1, "administrator": 1,
        "security": 1, "auditor": 1,
    }  # fmt: skip
    with seeded.database.read() as session:
        assert set(session.scalars(select(Staff.demo))) == {True}


def test_seed_has_every_state_there_is(seeded: SeededDemo) -> None:
    with seeded.database.read() as session:
        states = {
            kind: set(session.scalars(select(kind.state).distinct()))
            for kind in (
                Tip,
                Case,
                Task,
                RectificationItem,
                Review,
                Assignment,
                Referral,
                Measure,
                RecusalRequest,
                Holding,
                Asking,
                Designation,
                DerivedLead,
                Extension,
            )
        }
    wanted = (
        TipState,
        CaseState,
        TaskState,
        ItemState,
        ReviewState,
        AssignmentState,
        ReferralState,
        MeasureState,
        RecusalState,
        HoldingState,
        AskingState,
        DesignationState,
        LeadState,
        ExtensionState,
    )
    assert list(states.values()) == [set(enum) for enum in wanted]


def test_look_backs_are_to_come_drawn_settled_and_one_found_a_relapse(seeded: SeededDemo) -> None:
    with seeded.database.read() as session:
        rows = session.scalars(select(LookBack)).all()
        again = session.scalars(select(RectificationItem).where(RectificationItem.relapses > 0)).all()
        states = {session.get_one(Case, item.case_id).state for item in again}
    assert {row.state for row in rows} == {LookBackState.DUE, LookBackState.SETTLED}
    settled = [row for row in rows if row.state is LookBackState.SETTLED]
    assert len(settled) == 2
    assert all(row.told_on for row in settled)
    assert sum(row.sample_id is not None for row in rows) == 1
    assert ([item.state for item in again], states) == ([ItemState.ORDERED], {CaseState.RECTIFYING})


def test_three_departments_help_each_other_by_their_own_dates(seeded: SeededDemo) -> None:
    with seeded.database.read() as session:
        item = session.scalars(select(Coordination)).one()
        parts = session.scalars(select(CoordinationPart).order_by(CoordinationPart.ordinal)).all()
        running = select(Deadline.subject_id).where(
            Deadline.rule_id == "clock-coordinate", Deadline.met_on.is_(None)
        )
        assert item.state is CoordinationState.AGREED
        assert [part.state for part in parts] == [PartState.REPORTED, PartState.DONE, PartState.TAKEN_ON]
        assert len({part.due_on for part in parts}) == 3
        assert session.scalars(running).all() == [parts[2].id], "who declined and was ruled on is late"


def test_desk_opens_every_statement_and_message_and_reads_what_was_sent(seeded: SeededDemo) -> None:
    with seeded.acting("linxiaoyu") as acting:
        tips = acting.session.scalars(select(Tip)).all()
        accounts_read = Counter(read_statement(acting, tip).account for tip in tips)
        messages = [message.text for tip in tips for message in read_mailbox(acting, tip)]
    assert accounts_read == Counter(story.account for story in TIPS)
    assert all(messages)
    assert len(messages) > 20


@pytest.mark.parametrize("login", ["zhoumingyuan", "hansong", "chenweidong", "gaoyuan", "jiaotong", "yaohui"])
def test_statement_opens_for_nobody_beside_the_desk(seeded: SeededDemo, login: str) -> None:
    with seeded.acting(login) as acting:
        for tip in acting.session.scalars(select(Tip)):
            with pytest.raises(KeyLocked):
                read_statement(acting, tip)


def test_head_reads_every_case_that_was_ever_proposed_and_no_draft(seeded: SeededDemo) -> None:
    with seeded.acting("zhoumingyuan") as acting:
        titles, locked = set(), set()
        for case in acting.session.scalars(select(Case)):
            try:
                titles.add(read_brief(acting, case).title)
            except KeyLocked:
                locked.add(case.id)
                # Leads under the programme were approved with it; what was taken off it is a draft again.
                assert case.programme_id is not None or case.state is CaseState.DRAFT
        taken_up = _taken_up(acting.session)
    never_proposed = {story.title for story in CASES if story.last == "open"}
    programme = {"民生小事日常督办"}
    assert titles == {story.title for story in CASES} - never_proposed | programme
    assert len(locked) == len(never_proposed) + len(lead_tips()) + taken_up
    assert never_proposed


def test_inspector_reads_the_cases_of_their_own_tasks_and_look_backs_alone(seeded: SeededDemo) -> None:
    for login in ("chenweidong", "weilai"):
        with seeded.acting(login) as acting:
            mine = set(
                acting.session.scalars(
                    select(Task.case_id)
                    .join(TaskMember, TaskMember.task_id == Task.id)
                    .join(Case, Case.id == Task.case_id)
                    .where(
                        TaskMember.staff_id == acting.staff_id,
                        Task.state != TaskState.WITHDRAWN,
                        not_(recused_cases(acting.staff_id)),
                    )
                )
            ) | set(
                acting.session.scalars(
                    select(LookBack.case_id)
                    .join(LookBackMember, LookBackMember.look_back_id == LookBack.id)
                    .where(LookBackMember.staff_id == acting.staff_id)
                )
            )
            opened = {
                case.id
                for case in acting.session.scalars(select(Case))
                if acting.keyring.holds(acting.session, case.key_id)
            }
        assert opened == mine != set()


def test_liaison_reads_their_units_conclusions_and_items_and_no_case(seeded: SeededDemo) -> None:
    with seeded.acting("jiaotong") as acting:
        unit_id = acting.actor.unit_id
        assert unit_id is not None
        items = items_for_unit(acting, unit_id)
        texts = read_items(acting, items)
        delivered = [
            acting.open(row.unit_version_id)["text"] for row, _ in deliveries_for_unit(acting, unit_id)
        ]
        for row, _case in deliveries_for_unit(acting, unit_id):
            with pytest.raises(KeyLocked):
                acting.open(row.file_version_id)
    own = [item for story in CASES for item in story.items if item.unit == "jiaotong"]
    assert {text.problem for text in texts.values()} == {item.problem for item in own}
    assert delivered


def test_receipts_of_the_demo_open_mailboxes_in_the_states_it_says(seeded: SeededDemo) -> None:
    facts = json.loads((seeded.var / "demo.json").read_text(encoding="utf-8"))
    said = {one["state"] for one in facts["receipts"]}
    assert said == {state.value for state in TipState}
    for one in facts["receipts"]:
        mailbox = open_mailbox(seeded.intake, receipt=Receipt.parse(one["receipt"]))
        assert mailbox.state.value == one["state"]
        assert all(message.text for message in mailbox.messages)


def test_audit_chain_is_whole_and_runs_forward_in_time(seeded: SeededDemo) -> None:
    with seeded.database.read() as session:
        report = verify_chain(session, trust=seeded.intake.recipients.trust)
        moments = [at for at in session.scalars(select(AuditEntry.at).order_by(AuditEntry.number)) if at]
    assert report.broken_at is None
    assert report.entries > 500
    assert moments == sorted(moments)


def test_files_are_cleaned_or_wait_for_the_workers(seeded: SeededDemo) -> None:
    with seeded.database.read() as session:
        counted = select(StoredFile.clean_state, func.count()).group_by(StoredFile.clean_state)
        states = {state: count for state, count in session.execute(counted)}  # noqa: C416  # rows, not pairs
        jobs = session.scalars(select(OutboxRow.subject_id).where(OutboxRow.topic == OutboxTopic.CLEAN_FILE))
        waiting = session.scalars(
            select(StoredFile.object_id).where(StoredFile.clean_state == CleanState.WAITING)
        )
        assert set(jobs) == set(waiting)
        assert (
            session.scalar(select(func.count()).select_from(CaseMaterial)) == states[CleanState.CLEANED] > 0
        )
        assert session.scalar(select(func.count()).select_from(Attachment)) == _attached()
    assert set(states) == {CleanState.WAITING, CleanState.CLEANED}


def _attached() -> int:
    return sum(len(tip.files) + sum(len(act.files) for act in tip.acts) for tip in TIPS)


def test_nothing_that_was_written_lies_readable_anywhere(seeded: SeededDemo, tmp_path: Path) -> None:
    written = {f"account {story.key}": story.account[:14] for story in TIPS if len(story.account) > 40}
    written |= {f"contact {story.key}": story.contact for story in TIPS if story.contact}
    written |= {f"act {story.key}": act.words[-1][:12] for story in TIPS for act in story.acts if act.words}
    written |= {f"brief {story.key}": story.brief[:14] for story in CASES}
    written |= {f"reasons {story.key}": claim.reasons[:12] for story in CASES for claim in story.claims}
    facts = json.loads((seeded.var / "demo.json").read_text(encoding="utf-8"))
    written |= {f"receipt {one['state']}": one["receipt"] for one in facts["receipts"]}
    markers = {name: text.encode() for name, text in list(written.items())[::4] if len(text.encode()) > 14}
    markers["picture"] = b"Exif\0\0MM\0*\0\0\0\x08\0"
    search = Search(markers)
    (tmp_path / "planted").write_bytes(b"--".join(markers.values()))
    assert {hit.marker for hit in search.in_folders([tmp_path])} == set(markers)
    found = {hit for hit in search.in_folders([seeded.var]) if not hit.place.endswith("demo.json")}
    assert found | search.in_database(seeded.settings.database_url) == set()


def test_prepare_again_changes_nothing(seeded: SeededDemo) -> None:
    def picture() -> tuple[bytes, int | None, uuid.UUID | None]:
        with seeded.database.read() as session:
            entries = session.scalar(select(func.max(AuditEntry.number)))
            return (seeded.var / "demo.json").read_bytes(), entries, session.scalar(select(Tip.id).limit(1))

    before = picture()
    assert seeded.prepare_again() == []
    assert picture() == before
    assert "profile small" in seeded.prepare_again(profile="county")[0]
    assert picture() == before


def test_folder_is_its_owners_alone(seeded: SeededDemo) -> None:
    ours = [path for path in seeded.var.rglob("*") if path.name != "log"]
    assert len(ours) > 50
    assert [path for path in ours if path.stat().st_mode & 0o077 and not path.name.endswith("-turn")] == []


def test_production_refuses_a_database_with_demo_accounts(seeded: SeededDemo) -> None:
    production = production_settings(seeded.settings.database_url, seeded.var)
    with pytest.raises(BadSettings) as refused:
        prepare(seeded.var, profile="small", environ=production)
    assert refused.value.problems == [
        "XIANSUO_DATABASE_URL: this database holds demo accounts; production begins empty"
    ]


def test_alternate_desk_is_closed_in_the_small_office(seeded: SeededDemo) -> None:
    assert seeded.intake.recipients.offers(Desk.DESK)
    assert not seeded.intake.recipients.offers(Desk.ALTERNATE)


def production_settings(database_url: str, var: Path) -> dict[str, str]:
    """Everything that production asks for."""
    keys = ("HOST_KEY", "PORTAL_SECRET", "INTERNAL_SECRET", "ROOT_PUBLIC")
    names = ("OFFICE_NAME", "COUNTY_NAME", "EDGE_RETENTION", "REDIRECT_CHANNEL")
    return {
        "XIANSUO_ENVIRONMENT": "production",
        "XIANSUO_DATABASE_URL": database_url,
        "XIANSUO_BLOB_DIR": str(var / "blobs"),
        "XIANSUO_CLEANER_KEY_DIR": str(var / "cleaner"),
        "XIANSUO_QUEUE_URL": "unix:///nowhere?db=0",
        "XIANSUO_PUBLIC_URL": "https://tips.example",
        "XIANSUO_INTERNAL_URL": "https://internal.example",
        **{f"XIANSUO_{name}": "ab" * 32 for name in keys},
        **{f"XIANSUO_{name}{suffix}": name for name in names for suffix in ("", "_EN")},
    }
