"""The pages of looking back: the list, one look-back on a phone, settling, telling, and drawing by chance."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any

import pytest

from portal.domain.mailbox import open_mailbox
from tests.support.desk import Desk, Person
from tests.support.looking_back import FOR_UNIT, RELAPSED, LookingBack
from tests.verification.web.test_tips import text_of
from verification.models import CaseState, LookBackFinding, LookBackState

S = LookBackState


@pytest.fixture
def walk(desk: Desk) -> LookingBack:
    """A closed case with one item, and its look-back to come."""
    return LookingBack(desk.office).closed()


def _address(walk: LookingBack, act: str = "") -> str:
    return f"/look-backs/{walk.look_back.id}{'/' + act if act else ''}"


def _post(person: Person, walk: LookingBack, act: str, status: int = 303, **fields: Any) -> str:
    sent = {"version": walk.look_back.version} | fields
    return text_of(person.post(f"{_address(walk, act)}?lang=en", sent), status)


def _note(person: Person, walk: LookingBack, status: int = 303, **fields: Any) -> str:
    values = {
        "version": 0, "finding": "holds", "looked_on": walk.today.isoformat(), "seen": "路面平整。",
        "photo": (io.BytesIO(b"a photograph"), "p.jpg"),
    } | fields  # fmt: skip
    return text_of(person.post(f"{_address(walk)}/items/{walk.item_id}?lang=en", values), status)


def test_list_says_what_to_do_where_it_is_empty(desk: Desk) -> None:
    fan = desk.person("fan")
    empty = {
        "due": "No look-back is to come", "overdue": "No look-back is late",
        "running": "Nobody is looking back now", "settled": "No look-back is over yet",
        "anything": "No look-back is to come",
    }  # fmt: skip
    for shelf, words in empty.items():
        assert words in text_of(fan.get(f"/look-backs?shelf={shelf}&from=nonsense"))
    assert "Draw a sample by chance" not in text_of(desk.person("du").get("/look-backs"))


def test_look_back_is_found_in_its_tab_and_on_its_case(walk: LookingBack, desk: Desk) -> None:
    fan = desk.person("fan")
    for address in ("/look-backs", f"/cases/{walk.case_id}"):
        page = text_of(fan.get(address))
        assert f'href="/look-backs/{walk.look_back.id}"' in page
        assert "To be looked back at" in page
    assert 'href="/look-backs"' in text_of(fan.get("/rectification"))
    assert 'href="/look-backs"' in text_of(desk.person("head").get("/cases"))
    walk.later(days=91)
    assert str(walk.look_back.id) in text_of(desk.person("fan").get("/look-backs?shelf=overdue"))
    assert "look-backs late" in text_of(desk.person("director").get("/"))
    walk.named()
    assert str(walk.look_back.id) in text_of(desk.person("wei").get("/look-backs?shelf=running"))
    assert "look-backs to make" in text_of(desk.person("wei").get("/"))


def test_pages_are_whole_in_chinese(walk: LookingBack, desk: Desk) -> None:
    for login, words in (("director", "抽取"), ("fan", "随机抽查"), ("head", "待开展")):
        assert words in text_of(desk.person(login).get("/look-backs", lang="zh"))
    assert "确定回头看人员" in text_of(desk.person("fan").get(_address(walk), lang="zh"))
    walk.settled(RELAPSED)
    assert "问题又出现了" in text_of(desk.person("fan").get(_address(walk), lang="zh"))
    assert "反弹1次" in text_of(desk.person("fan").get(f"/cases/{walk.case_id}", lang="zh"))


def test_two_are_named_on_the_page_and_the_rule_is_told_where_they_are_not_fit(
    walk: LookingBack, desk: Desk
) -> None:
    director, office = desk.person("director"), desk.office
    page = text_of(director.get(_address(walk)))
    assert "verified or signed off an item of this case" in page
    assert "Person insider" not in page
    du, wei = (str(office.staff_id(login)) for login in ("du", "wei"))
    alone = _post(director, walk, "name", 409, team=[du])
    assert "Name one more inspector who did not verify or sign off here." in alone
    assert 'id="f-name-team"' in alone
    assert "Please choose from the list." in _post(director, walk, "name", 422, team=["nonsense"])
    _post(director, walk, "name", team=[du, wei])
    assert walk.look_back.state is S.ASSIGNED
    text_of(desk.person("wei").get(_address(walk)))
    text_of(desk.person("novice").get(_address(walk)), 404)
    text_of(director.get(f"/look-backs/{uuid.uuid4()}"), 404)


def test_item_is_noted_with_a_photograph_and_reported(walk: LookingBack, desk: Desk) -> None:
    walk.named()
    wei = desk.person("wei")
    assert "1 items are not noted yet." in text_of(wei.get(_address(walk)))
    early = _post(wei, walk, "report", 409)
    assert "Open each item on the look-back's page and note what was found, with a photo." in early
    wrong = _note(wei, walk, 422, finding="", seen="只看了一处。", looked_on="soon")
    assert "只看了一处。" in wrong
    assert "Already received: need not be chosen again" in wrong
    assert f'id="f-{walk.item_id}-looked_on"' in wrong
    _note(wei, walk)
    (result,) = walk.results()
    assert result.finding is LookBackFinding.HOLDS
    shown = text_of(wei.get(_address(walk)))
    assert "路面平整。" in shown
    assert "Every item is noted." in shown
    changed = _note(desk.person("chen"), walk, 409, seen="另有一处。", version=0)
    assert "It changed while you were writing" in changed
    assert "另有一处。" in changed
    _post(wei, walk, "report")
    assert walk.look_back.state is S.REPORTED
    assert "look-backs to settle" in text_of(desk.person("director").get("/"))


def test_relapse_is_signed_told_and_read_by_the_unit(walk: LookingBack, desk: Desk) -> None:
    walk.reported_back(RELAPSED)
    director, reason = desk.person("director"), f"reason-{walk.item_id}"
    assert "Sign it" in text_of(director.get(_address(walk)))
    empty = _post(director, walk, "settle", 422, note="", due_on="")
    assert f'id="f-settle-{reason}"' in empty
    said: dict[str, Any] = {"note": "属实。", reason: FOR_UNIT}
    kept = _post(director, walk, "settle", 422, due_on="never", **said)
    assert FOR_UNIT in kept
    due_on = (walk.today + timedelta(days=20)).isoformat()
    _post(director, walk, "settle", due_on=due_on, **said)
    assert walk.case.state is CaseState.RECTIFYING
    unit = text_of(desk.person("lian").get(f"/unit/items/{walk.item_id}"))
    assert FOR_UNIT in unit
    assert "Found again on" in unit
    assert "现场查看路面。" not in unit
    text_of(desk.person("lian").get(_address(walk)), 404)
    fan = desk.person("fan")
    assert "relapsed ×1" in text_of(fan.get(f"/cases/{walk.case_id}"))
    assert FOR_UNIT in text_of(fan.get(f"/items/{walk.item_id}"))
    assert "ground for an accountability proposal as well" in text_of(fan.get(f"/cases/{walk.case_id}/uses"))
    assert "Relapses found when looking back" in text_of(fan.get(f"/cases/{walk.case_id}/compliance"))
    assert "look-backs to tell the informants of" in text_of(fan.get("/"))
    assert "has come up again" in text_of(fan.get(_address(walk)))
    assert "电话" in _post(fan, walk, "tell", 422, text="电话 13800138000")
    _post(fan, walk, "tell", text="问题又出现了，已责令重新整改。")
    last = open_mailbox(desk.office.intake, receipt=walk.receipts[0]).messages[-1]
    assert last.text == "问题又出现了，已责令重新整改。"
    assert "Informants told" in text_of(fan.get(_address(walk)))


def test_look_back_is_settled_from_a_paper(walk: LookingBack, desk: Desk) -> None:
    walk.reported_back(RELAPSED)
    fan, paper = desk.person("fan"), f"/cases/{walk.case_id}/paper"
    assert "Settle the look-back" in text_of(fan.get(paper))
    form = {"action": "settle-look-back", "subject": str(walk.look_back.id)}
    page = text_of(fan.get(paper, query=form))
    assert f'name="reason-{walk.item_id}"' in page
    fields = form | {
        "signed_by": str(desk.office.staff_id("director")), "signed_on": walk.today.isoformat(),
        "note": "属实。", "due_on": (walk.today + timedelta(days=20)).isoformat(),
        f"reason-{walk.item_id}": FOR_UNIT, "scan": (io.BytesIO(b"a scan"), "s.jpg"),
    }  # fmt: skip
    text_of(fan.post(paper, fields), 303)
    shen = desk.person("shen")
    waiting = text_of(shen.get(f"/cases/{walk.case_id}"))
    address = "/papers/" + waiting.partition('href="/papers/')[2].partition('"')[0]
    assert FOR_UNIT in text_of(shen.get(address))
    text_of(shen.post(f"{address}/confirm"), 303)
    assert (walk.look_back.state, walk.case.state) == (S.SETTLED, CaseState.RECTIFYING)


def test_names_on_a_paper_are_chosen_from_the_inspectors(walk: LookingBack, desk: Desk) -> None:
    form = {"action": "name-lookers", "subject": str(walk.look_back.id)}
    page = text_of(desk.person("fan").get(f"/cases/{walk.case_id}/paper", query=form))
    assert str(desk.office.staff_id("wei")) in page
    assert str(desk.office.staff_id("insider")) not in page


def test_report_is_sent_back_on_the_page(walk: LookingBack, desk: Desk) -> None:
    walk.reported_back()
    director = desk.person("director")
    assert "Returning needs a reason." in _post(director, walk, "return", 409, note="")
    _post(director, walk, "return", note="请雨后再看。")
    assert walk.look_back.state is S.ASSIGNED
    assert "请雨后再看。" in text_of(desk.person("wei").get(_address(walk)))


def test_draw_by_chance_shows_seed_and_list_and_leads_to_the_case(walk: LookingBack, desk: Desk) -> None:
    director = desk.person("director")
    fields = {
        "first": (walk.today - timedelta(days=9)).isoformat(), "last": walk.today.isoformat(),
        "number": "one", "share": "", "due_on": walk.today.isoformat(),
    }  # fmt: skip
    wrong = text_of(director.post("/look-backs/draw?lang=en", fields), 422)
    assert "Please give a whole number." in wrong
    assert 'value="one"' in wrong
    answer = director.post("/look-backs/draw", fields | {"number": "1"})
    text_of(answer, 303)
    page = text_of(director.get(answer.headers["Location"]))
    assert walk.case_id.hex in page
    assert walk.case.number is not None
    assert walk.case.number in page
    assert "drawn" in page
    assert "Drawn by chance" in text_of(director.get("/look-backs"))
    assert "1 of 1 cases" in text_of(desk.person("head").get(answer.headers["Location"]))
    again = text_of(director.post("/look-backs/draw?lang=en", fields | {"number": "1"}), 409)
    assert "Choose another period, or look back at what is due by its day." in again
    text_of(director.get(f"/look-backs/samples/{uuid.uuid4()}"), 404)


def test_somebody_can_ask_to_keep_away_while_it_is_looked_back_at(walk: LookingBack, desk: Desk) -> None:
    address, ask = f"/cases/{walk.case_id}/recusals", "I must keep away myself"
    fan = desk.person("fan")
    assert ask not in text_of(fan.get(address))
    walk.named()
    assert ask in text_of(fan.get(address))
