"""One tip's page: opening, deciding, refusals, two people at once, the identity, strangers."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.models import Message, MessageKind, Tip, TipState
from tests.support.at_once import Later
from tests.support.desk import Desk
from tests.verification.web.tips import accepted, opened, send, version_of
from verification.domain import triage
from verification.models import AuditEntry, StaffNotice


def state_of(desk: Desk, tip_id: uuid.UUID) -> TipState:
    with desk.office.database.read() as session:
        return session.get_one(Tip, tip_id).state


def events_of(desk: Desk, subject_id: uuid.UUID) -> list[str]:
    with desk.office.database.read() as session:
        query = (
            select(AuditEntry.event).where(AuditEntry.subject_id == subject_id).order_by(AuditEntry.number)
        )
        return list(session.scalars(query))


def text_of(answer: Any, status: int = 200) -> str:
    text: str = answer.get_data(as_text=True)
    assert answer.status_code == status, text.partition("<main")[2]
    return text


def test_looking_at_a_tip_takes_it_into_triage_and_every_look_is_traced(desk: Desk) -> None:
    tip_id = send(desk)
    fan = desk.person("fan")
    text_of(fan.get(f"/tips/{tip_id}"))
    text_of(fan.get(f"/tips/{tip_id}"))
    assert state_of(desk, tip_id) is TipState.TRIAGE
    assert events_of(desk, tip_id) == ["tip.opened", "tip.viewed"]


@pytest.mark.databases("postgresql")
def test_tip_that_two_open_at_once_is_shown_to_both(desk: Desk) -> None:
    tip_id = send(desk)
    shen = desk.person("shen")
    answers: list[TestResponse] = []
    with desk.office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
        later = Later(lambda: answers.append(shen.get(f"/tips/{tip_id}")))
        later.has_come_to_wait(desk.office.database)
    assert later.error() is None
    assert "What was written" in text_of(answers[0])
    assert events_of(desk, tip_id) == ["tip.opened", "tip.viewed"]


def test_page_shows_the_statement_and_never_the_identity(desk: Desk) -> None:
    tip_id = send(desk, account="补贴登记三个月了,一直没有发下来。", keep_away="街道办的张主任")
    page = text_of(desk.person("fan").get(f"/tips/{tip_id}"))
    assert "补贴登记三个月了" in page
    assert "街道办的张主任" in page
    assert "王小明" not in page


@pytest.mark.parametrize("login", ["alternate", "director", "head", "du", "lian", "auditor", "admin"])
def test_stranger_gets_404_for_page_and_every_decision(desk: Desk, login: str) -> None:
    tip_id = send(desk)
    version = opened(desk, tip_id)
    person = desk.person(login)
    assert person.get(f"/tips/{tip_id}").status_code == 404
    for decision in (
        "accept",
        "ask",
        "end-wait",
        "decline",
        "refer",
        "hand-on",
        "identity",
        "case",
        "answer",
    ):
        answer = person.post(f"/tips/{tip_id}/{decision}", {"version": version, "category": "405"})
        assert answer.status_code == 404, decision
    assert state_of(desk, tip_id) is TipState.TRIAGE
    assert version_of(desk, tip_id) == version


def test_unknown_tip_and_tip_of_another_desk_get_the_same_page(desk: Desk) -> None:
    tip_id = send(desk)
    person = desk.person("alternate")
    pages = [person.get(f"/tips/{one}").get_data(as_text=True) for one in (tip_id, uuid.uuid4())]
    # The address itself and the token, which holds a time, are not what the page says.
    said = {re.sub(r'/tips/[0-9a-f-]+|name="csrf_token" value="[^"]*"', "", page) for page in pages}
    assert len(said) == 1


def test_accept_with_everything_leads_on_to_the_brief(desk: Desk) -> None:
    tip_id = send(desk)
    fan = desk.person("fan")
    fields = {"version": opened(desk, tip_id), "category": "405", "priority": "P2"}
    assert fan.post(f"/tips/{tip_id}/accept", fields).location == f"/tips/{tip_id}"
    assert state_of(desk, tip_id) is TipState.ACCEPTED
    assert f"/tips/{tip_id}/case" in text_of(fan.get(f"/tips/{tip_id}"))


def test_refusal_lists_every_reason_with_rule_source_and_what_to_do(desk: Desk) -> None:
    tip_id = send(desk)
    fields = {"version": opened(desk, tip_id), "note": "写给来件人的话,写了很久"}
    answer = desk.person("fan").post(f"/tips/{tip_id}/decline?lang=en", fields)
    page = text_of(answer, 409)
    for expected in (
        "Give the reason for declining.",
        "Name the right channel for the informant.",
        "Choose a reason, and tell the informant who can help instead.",
        "Declining needs a reason and names the right channel.",
        "Office default",
        "this office&#39;s default",
        "写给来件人的话,写了很久",
    ):
        assert expected in page, expected
    assert state_of(desk, tip_id) is TipState.TRIAGE


def test_refusal_by_law_names_the_article_in_both_languages(desk: Desk) -> None:
    tip_id = send(desk)
    fields = {"version": opened(desk, tip_id), "channel_code": "tax"}
    fan = desk.person("fan")
    english = text_of(fan.post(f"/tips/{tip_id}/refer?lang=en", fields), 409)
    assert "Regulation on Government Supervision (State Council Decree 733) Art. 23" in english
    chinese = text_of(fan.post(f"/tips/{tip_id}/refer?lang=zh", fields), 409)
    assert "《政府督查工作条例》（国务院令第733号） 第二十三条" in chinese
    assert "法定" in chinese


def test_two_people_at_once_second_sees_it_changed_and_keeps_what_was_typed(desk: Desk) -> None:
    tip_id = send(desk)
    version = opened(desk, tip_id)
    words = "请问是哪一段路?<b>&"
    assert (
        desk.person("shen")
        .post(f"/tips/{tip_id}/ask", {"version": version, "question": "在什么位置?"})
        .status_code
        == 303
    )
    answer = desk.person("fan").post(f"/tips/{tip_id}/ask?lang=en", {"version": version, "question": words})
    page = text_of(answer, 409)
    assert "It changed while you were writing" in page
    assert "在什么位置?" in page, "how it stands now"
    assert "请问是哪一段路?&lt;b&gt;&amp;" in page, "what was typed"
    with desk.office.database.read() as session:
        assert len(session.scalars(select(Message).where(Message.tip_id == tip_id)).all()) == 1


def test_question_goes_to_the_mailbox_and_waiting_can_be_ended(desk: Desk) -> None:
    tip_id = send(desk)
    fan = desk.person("fan")
    fields = {"version": opened(desk, tip_id), "question": "是哪一段路?"}
    assert fan.post(f"/tips/{tip_id}/ask", fields).status_code == 303
    assert state_of(desk, tip_id) is TipState.ASKING
    assert "是哪一段路?" in text_of(fan.get(f"/tips/{tip_id}"))
    assert fan.post(f"/tips/{tip_id}/end-wait", {"version": version_of(desk, tip_id)}).status_code == 303
    assert state_of(desk, tip_id) is TipState.TRIAGE


def test_second_question_is_not_offered_and_the_page_says_why(desk: Desk) -> None:
    tip_id = send(desk)
    version, fan = opened(desk, tip_id), desk.person("fan")
    form = f'action="/tips/{tip_id}/ask"'
    assert form in text_of(fan.get(f"/tips/{tip_id}"))
    assert fan.post(f"/tips/{tip_id}/ask", {"version": version, "question": "哪里?"}).status_code == 303
    waiting = text_of(fan.get(f"/tips/{tip_id}"))
    assert "until then the clock of triage stands still" in waiting
    assert form not in waiting
    fields = {"version": version + 1, "question": "写了很久的又一个问题"}
    page = text_of(fan.post(f"/tips/{tip_id}/ask?lang=en", fields), 409)
    assert "has not answered yet" in page
    assert fan.post(f"/tips/{tip_id}/end-wait", {"version": version + 1}).status_code == 303
    page = text_of(fan.get(f"/tips/{tip_id}"))
    assert form not in page
    assert "The informant was asked already; there is one question." in page
    assert "The informant is asked once in each triage." in page
    page = text_of(fan.post(f"/tips/{tip_id}/ask?lang=en", fields | {"version": version + 2}), 409)
    assert "The informant was asked already; there is one question." in page
    assert "decide with what there is" in page
    assert "写了很久的又一个问题" in page


def test_empty_question_comes_back_with_the_error_beside_its_field(desk: Desk) -> None:
    tip_id = send(desk)
    fields = {"version": opened(desk, tip_id), "question": " "}
    page = text_of(desk.person("fan").post(f"/tips/{tip_id}/ask?lang=en", fields), 422)
    assert 'href="#f-ask-question"' in page
    assert 'id="e-ask-question"' in page
    assert 'aria-invalid="true"' in page
    assert state_of(desk, tip_id) is TipState.TRIAGE


@pytest.mark.parametrize(
    ("decision", "fields", "state"),
    [
        ("decline", {"closing_code": "court", "channel_code": "court"}, TipState.DECLINED),
        ("refer", {"channel_code": "supervision-commission"}, TipState.REFERRED),
        ("hand-on", {"channel_code": "tax", "note": "已转税务部门。"}, TipState.HANDED_ON),
    ],
)
def test_decision_ends_triage_and_shows_where_it_went(
    desk: Desk, decision: str, fields: dict[str, str], state: TipState
) -> None:
    tip_id = send(desk)
    fan = desk.person("fan")
    sent = {"version": opened(desk, tip_id), **fields}
    assert fan.post(f"/tips/{tip_id}/{decision}", sent).status_code == 303
    assert state_of(desk, tip_id) is state
    page = text_of(fan.get(f"/tips/{tip_id}"))
    assert "Channel" in page
    assert "Nothing to decide now." in page


def test_version_that_is_no_number_is_taken_for_an_old_page(desk: Desk) -> None:
    tip_id = send(desk)
    opened(desk, tip_id)
    for version in ("", "x", "-1", "٣", "1e9"):
        answer = desk.person("fan").post(f"/tips/{tip_id}/ask", {"version": version, "question": "哪里?"})
        assert answer.status_code == 409


def test_identity_is_opened_by_two_people_and_shown_to_the_one_who_asked(desk: Desk) -> None:
    tip_id = send(desk)
    opened(desk, tip_id)
    fan, shen, director = desk.person("fan"), desk.person("shen"), desk.person("director")
    assert fan.post(f"/tips/{tip_id}/identity", {"reason": "需要当面取证。"}).status_code == 303
    page = text_of(director.get("/approvals"))
    assert "需要当面取证。" in page
    found = re.search(r"/approvals/identity/([0-9a-f-]{36})", page)
    assert found is not None
    reading = f"/tips/{tip_id}/identity/{found[1]}"
    assert fan.post(reading).status_code == 404, "not before the director agreed"
    assert director.post(found[0]).status_code == 303
    assert "王小明" in text_of(fan.post(reading))
    assert shen.post(reading).status_code == 404
    assert director.post(reading).status_code == 404
    assert events_of(desk, tip_id)[-3:] == ["identity.asked", "identity.agreed", "identity.opened"]
    with desk.office.database.read() as session:
        assert session.get_one(Tip, tip_id).identity_opened


def test_identity_without_a_reason_is_not_asked_for(desk: Desk) -> None:
    tip_id = send(desk)
    answer = desk.person("fan").post(f"/tips/{tip_id}/identity?lang=en", {"reason": ""})
    assert "Please write something here." in text_of(answer, 422)
    assert events_of(desk, tip_id) == []


def test_looking_takes_note_of_notices_and_of_new_messages(desk: Desk) -> None:
    tip_id = send(desk)
    with desk.office.database.write() as session:
        session.add(
            StaffNotice(
                id=uuid.uuid4(), staff_id=desk.office.staff_id("fan"), code="tip.received",
                subject_kind="tip", subject_id=tip_id, written_on=desk.office.intake.today,
            )
        )  # fmt: skip
    fan = desk.person("fan")
    assert 'class="top-count">1' in text_of(fan.get("/notices"))
    text_of(fan.get(f"/tips/{tip_id}"))
    assert 'class="top-count"' not in text_of(fan.get("/notices"))


def test_answer_page_of_a_tip_without_a_case_does_not_exist(desk: Desk) -> None:
    tip_id = send(desk)
    accepted(desk, tip_id)
    assert desk.person("fan").get(f"/tips/{tip_id}/answer").status_code == 404
    assert MessageKind.ANSWER not in {row.kind for row in _messages(desk, tip_id)}


def _messages(desk: Desk, tip_id: uuid.UUID) -> list[Message]:
    with desk.office.database.read() as session:
        return list(session.scalars(select(Message).where(Message.tip_id == tip_id)))
