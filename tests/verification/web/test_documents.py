"""Documents on their pages: preview with what is missing marked, made, numbered, taken out, void."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.models import Tip
from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of
from verification.domain import triage
from verification.models import DocumentNumber, DocumentVersion


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """A docketed case."""
    return Journey(desk.office).docketed()


def _version(desk: Desk) -> DocumentVersion:
    with desk.office.database.read() as session:
        return session.scalars(select(DocumentVersion).order_by(DocumentVersion.made_at.desc())).all()[0]


def test_document_is_previewed_made_and_taken_out(desk: Desk, walk: Journey) -> None:
    fan, listed = desk.person("fan"), f"/cases/{walk.case_id}/documents"
    assert f'href="{listed}"' in text_of(fan.get(f"/cases/{walk.case_id}"))
    empty = text_of(fan.get(listed))
    assert "No document yet" in empty
    assert "Docketing form" in empty
    assert "Notice of inspection" not in empty
    page = f"{listed}/docketing-form"
    first = text_of(fan.get(page))
    assert "道路修复情况" in first
    assert "〔未填〕" in first
    typed = {"ask-suggestion": "建议立项。", "numbering": "next", "number": ""}
    shown = text_of(fan.post(page, typed | {"do": "preview"}))
    assert shown.count("建议立项。") == 2  # in the form, and on the sheet
    assert fan.get(listed).get_data(as_text=True).count("/documents/versions/") == 0
    made = fan.post(page, typed | {"do": "make"})
    assert made.status_code == 303
    row = _version(desk)
    sheet = text_of(fan.get(made.location))
    assert f"安政督立〔{walk.today.year}〕1号" in sheet
    assert row.pdf_hash.hex() in sheet
    pdf = fan.get(f"/documents/versions/{row.id}/pdf")
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert pdf.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    docx = fan.get(f"/documents/versions/{row.id}/docx", lang="zh")
    assert docx.data[:2] == b"PK"
    assert "filename*=UTF-8''%E7%AB%8B%E9%A1%B9" in docx.headers["Content-Disposition"]
    again = text_of(fan.get(f"{page}?document={row.document_id}"))
    assert "建议立项。" in again
    assert "The next of the register" not in again
    following = fan.post(page, {"document": row.document_id, "ask-suggestion": "同意。", "do": "make"})
    assert "Version 2" in text_of(fan.get(following.location))
    assert "建议立项。" in text_of(fan.get(f"{following.location}?version=1"))
    assert "安政督立" in text_of(fan.get(listed))


def test_refusal_and_wrong_input_keep_what_was_typed(desk: Desk, walk: Journey) -> None:
    fan = desk.person("fan")
    early = text_of(fan.get(f"/cases/{walk.case_id}/documents/report"))
    assert "has not been decided yet" in early
    assert "No preview" in early
    refused = text_of(
        fan.post(f"/cases/{walk.case_id}/documents/report", {"do": "make", "ask-opinion": "x意见"}), 409
    )
    assert "x意见" in refused
    page = f"/cases/{walk.case_id}/documents/pressing"
    typed = {"ask-contact": "审计局", "ask-due": "", "numbering": "by-hand", "number": "五号", "do": "make"}
    wrong = text_of(fan.post(page, typed), 422)
    assert "Write it like" in wrong
    assert 'value="五号"' in wrong
    assert "审计局" in wrong
    text_of(fan.post(page, typed | {"numbering": "always"}), 422)
    text_of(fan.get(f"/cases/{walk.case_id}/documents/memo"), 404)
    text_of(fan.get(f"{page}?subject=nonsense"), 404)
    text_of(fan.get(f"/cases/{walk.case_id}/documents/not-accepted"), 404)
    text_of(desk.person("du").get(page), 404)


def test_strangers_see_no_document(desk: Desk, walk: Journey) -> None:
    fan = desk.person("fan")
    made = fan.post(f"/cases/{walk.case_id}/documents/docketing-form", {"do": "make"})
    row = _version(desk)
    for login in ("wei", "reviewer"):
        for address in (
            made.location,
            f"/documents/versions/{row.id}/pdf",
            f"/cases/{walk.case_id}/documents",
        ):
            text_of(desk.person(login).get(address), 404)
    text_of(desk.person("lian").get(made.location), 404)
    text_of(desk.person("head").get(made.location))


def test_register_shows_numbers_gaps_and_voids(desk: Desk, walk: Journey) -> None:
    fan, year = desk.person("fan"), walk.today.year
    page = f"/cases/{walk.case_id}/documents/docketing-form"
    assert "No number yet this year" in text_of(fan.get("/document-numbers"))
    fan.post(page, {"do": "make", "numbering": "by-hand", "number": f"安政督立〔{year}〕3号"})
    register = text_of(desk.person("director").get("/document-numbers"))
    assert f"安政督立〔{year}〕3号" in register
    assert "Not accounted for" in register
    void = {"mark": "安政督立", "year": year, "number": 2, "reason": "skipped"}
    text_of(fan.post("/document-numbers", void | {"reason": ""}), 422)
    text_of(fan.post("/document-numbers", void), 303)
    text_of(fan.post("/document-numbers", void), 422)
    text_of(fan.post("/document-numbers", void | {"number": 3, "reason": "misprint"}), 303)
    assert "Skipped" in text_of(fan.get("/document-numbers"))
    assert "is void" in text_of(fan.get(f"/documents/{_version(desk).document_id}"))
    with desk.office.database.read() as session:
        assert len(session.scalars(select(DocumentNumber)).all()) == 2


def test_notice_that_a_tip_was_not_accepted(desk: Desk) -> None:
    tip_id, _receipt = desk.office.send_tip()
    with desk.office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    fan, page = desk.person("fan"), f"/tips/{tip_id}/document"
    assert "has not been decided yet" in text_of(fan.get(page))
    text_of(fan.post(page, {"do": "make"}), 409)
    with desk.office.acting("fan") as acting:
        tip = acting.session.get_one(Tip, tip_id)
        triage.decline_tip(
            acting, tip_id=tip_id, version=tip.version, reason="court", channel="court", note="请向法院反映。"
        )
    assert f'href="{page}"' in text_of(fan.get(f"/tips/{tip_id}"))
    sheet = text_of(fan.get(page))
    assert "不予受理告知书" in sheet
    assert "已由人民法院" in sheet or "法院" in sheet
    made = fan.post(page, {"do": "make", "numbering": "next"})
    assert "安政督告" in text_of(fan.get(made.location))
    text_of(desk.person("alternate").get(made.location), 404)
    text_of(desk.person("head").get(made.location), 404)
