"""The mailbox by receipt: status in words, the office's messages, answers and additions."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from portal.crypto.receipt import Receipt
from portal.crypto.signing import SigningKey
from portal.models import Message, MessageKind, Tip, TipState
from portal.web import words
from tests.support.intake_server import multipart
from tests.support.public import TYPED, PublicSite, Visitor

pytestmark = pytest.mark.databases("sqlite")

CHECK, WRITE = "/check", "/check/write"


@pytest.fixture
def receipt(site: PublicSite) -> str:
    """Of a tip sent by somebody who has since closed the browser."""
    return site.visitor().open("/submit").send("/submit", TYPED).receipt


@pytest.fixture
def tip(site: PublicSite, receipt: str) -> Tip:
    """That tip's row."""
    with site.desk.database.read() as session:
        return session.scalars(select(Tip)).one()


def set_tip(site: PublicSite, **values: object) -> None:
    with site.desk.database.write() as session:
        session.execute(update(Tip).values(**values))


def messages(site: PublicSite) -> list[Message]:
    with site.desk.database.read() as session:
        return list(session.scalars(select(Message).order_by(Message.ordinal)))


def look(visitor: Visitor, receipt: str) -> Visitor:
    return visitor.open(CHECK).send(CHECK, {"receipt": receipt})


def test_receipt_opens_the_status_in_words(visitor: Visitor, receipt: str) -> None:
    look(visitor, receipt)
    assert visitor.page.status_code == 200
    assert "已经收到" in visitor.text
    assert "2026年3月2日" in visitor.text
    assert TYPED["account"] not in visitor.text


def test_receipt_is_taken_however_it_is_typed(visitor: Visitor, receipt: str) -> None:
    typed = f" {receipt.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
    assert look(visitor, typed).page.status_code == 200


def test_every_state_has_its_words_in_both_languages(site: PublicSite, receipt: str) -> None:
    seen = {}
    for state in TipState:
        set_tip(site, state=state)
        for language in ("zh", "en"):
            visitor = site.visitor().open(f"{CHECK}?lang={language}").send(CHECK, {"receipt": receipt})
            heading = visitor.text.partition("<h1>")[2].partition("</h1>")[0]
            seen[state, language] = heading
    assert len(set(seen.values())) == 2 * len(TipState)
    assert words.STATUSES.keys() == set(TipState)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("ABCD", "查询码是 24 位字母和数字，您输入了 4 位。"),
        ("U" * 24, "里面有查询码不会出现的字符，请再核对一遍。"),
        ("", "查询码是 24 位字母和数字，您输入了 0 位。"),
    ],
)
def test_mistyped_receipt_is_told_what_is_wrong(visitor: Visitor, typed: str, said: str) -> None:
    look(visitor, typed)
    assert (visitor.page.status_code, visitor.problems) == (422, [said])
    assert "<form" in visitor.text


def test_swapped_signs_are_told_by_the_check_character(visitor: Visitor, receipt: str) -> None:
    place = next(i for i in range(22) if receipt[i] != receipt[i + 1] and "-" not in receipt[i : i + 2])
    swapped = receipt[:place] + receipt[place + 1] + receipt[place] + receipt[place + 2 :]
    assert look(visitor, swapped).problems == ["有一位输错了，或者有两位颠倒了，请对照检查。"]


def test_receipt_never_given_out_gets_no_mailbox_and_stays_to_be_compared(visitor: Visitor) -> None:
    stranger = Receipt.from_secrets(b"a" * 32, b"b" * 32).text
    look(visitor, stranger)
    assert (visitor.page.status_code, visitor.problems) == (
        422,
        ["没有与这个查询码对应的线索，请再核对一遍。"],
    )
    assert f'value="{stranger}"' in visitor.text


def test_looking_needs_no_cookie(site: PublicSite, receipt: str) -> None:
    visitor = site.visitor()
    visitor.page = visitor.client.post(CHECK, data={"receipt": receipt})
    assert "已经收到" in visitor.text


def test_question_is_read_and_answered(site: PublicSite, visitor: Visitor, receipt: str, tip: Tip) -> None:
    question = site.desk.write_to(tip, "门牌号是多少？\n大概也行。")
    look(visitor, receipt)
    assert "门牌号是多少？\n大概也行。" in visitor.text
    visitor.send(WRITE, {"text": "东风路 <12> 号"}, kind="reply", files=[("门.jpg", b"photo")])
    assert (visitor.page.status_code, visitor.notice) == (200, "收到了，谢谢您。")
    written = messages(site)[-1]
    assert (written.kind, written.reply_to) == (MessageKind.REPLY, question)
    said = site.desk.said(written)
    assert (said.text, [entry.name for entry in said.attachments]) == ("东风路 <12> 号", ["门.jpg"])
    assert "您回答了提问" in visitor.text
    assert "东风路 &lt;12&gt; 号" not in visitor.text
    assert 'value="reply"' not in visitor.text


def test_question_that_the_office_has_not_signed_is_a_warning_and_cannot_be_answered(
    site: PublicSite, visitor: Visitor, receipt: str, tip: Tip
) -> None:
    desk, forged = site.desk, "请致电 000 留下姓名"
    message = desk.next_message(tip)
    desk.put(tip, message, desk.signed(tip, message, forged, voice=SigningKey.generate()))
    look(visitor, receipt)
    assert "无法确认这条消息来自督查室" in visitor.text
    assert (forged in visitor.text, "督查室提问" in visitor.text) == (False, False)
    assert 'value="reply"' not in visitor.text
    desk.write_to(tip, "门牌号是多少？")
    look(visitor, receipt)
    assert "门牌号是多少？" in visitor.text
    assert 'value="reply"' in visitor.text
    assert "无法确认这条消息来自督查室" in visitor.text


def test_message_sent_twice_is_stored_once(site: PublicSite, visitor: Visitor, receipt: str) -> None:
    look(visitor, receipt)
    form = visitor.hidden(WRITE, kind="material")
    visitor.send(WRITE, {"text": "补充一句"}, kind="material")
    visitor.page = visitor.client.post(WRITE, data=form | {"text": "补充一句"})
    assert visitor.notice == "这条之前已经收到，没有重复保存。"
    assert len(messages(site)) == 1


@pytest.mark.parametrize(
    ("lang", "offer"), [("zh", "我正遭受打击报复"), ("en", "I am being retaliated against")]
)
def test_retaliation_is_reported_in_both_languages_and_shows_as_an_addition_afterwards(
    site: PublicSite, visitor: Visitor, receipt: str, lang: str, offer: str
) -> None:
    visitor.open(f"{CHECK}?lang={lang}")
    look(visitor, receipt)
    assert offer in visitor.text
    visitor.send(WRITE, {"text": "领导找我谈话，要调我走。"}, kind="retaliation")
    (written,) = messages(site)
    assert written.kind is MessageKind.RETALIATION
    assert site.desk.said(written).text == "领导找我谈话，要调我走。"
    thread = visitor.text.partition('class="thread"')[2].partition("</ol>")[0]
    assert thread
    assert (offer in thread, "打击报复" in thread, "etaliat" in thread) == (False, False, False)


def test_empty_message_is_told_so_in_its_own_form(site: PublicSite, visitor: Visitor, receipt: str) -> None:
    set_tip(site, state=TipState.ANSWERED)
    look(visitor, receipt).send(WRITE, {"text": "  "}, kind="objection")
    assert (visitor.page.status_code, visitor.problems) == (422, ["请写点内容，或者选择文件。"])
    assert 'id="e-objection-text"' in visitor.text
    assert 'id="e-material-text"' not in visitor.text
    assert messages(site) == []


def test_file_too_large_keeps_the_text_and_the_other_file(
    site: PublicSite, visitor: Visitor, receipt: str
) -> None:
    files = [("大.mp4", bytes(256 * 1024 + 1)), ("小.jpg", b"x")]
    look(visitor, receipt).send(WRITE, {"text": "见附件"}, kind="material", files=files)
    assert visitor.problems == ["“大.mp4”没有收下：单个文件最大 256 KB。"]
    assert ("见附件" in visitor.text, visitor.kept_files) == (True, ["小.jpg"])
    visitor.send(WRITE, {"text": "见附件"}, kind="material")
    assert visitor.page.status_code == 200
    assert [entry.name for entry in site.desk.said(messages(site)[0]).attachments] == ["小.jpg"]


def test_answer_can_be_objected_to_only_once_there_is_one(
    site: PublicSite, visitor: Visitor, receipt: str, tip: Tip
) -> None:
    assert 'value="objection"' not in look(visitor, receipt).text
    set_tip(site, state=TipState.ANSWERED)
    site.desk.write_to(tip, "路已修好。", kind=MessageKind.ANSWER)
    look(visitor, receipt).send(WRITE, {"text": "根本没修。"}, kind="objection")
    assert visitor.page.status_code == 200
    assert [message.kind for message in messages(site)] == [MessageKind.ANSWER, MessageKind.OBJECTION]


def test_forged_token_writes_nothing_and_keeps_the_text(
    site: PublicSite, visitor: Visitor, receipt: str
) -> None:
    look(visitor, receipt)
    visitor.send(WRITE, {"text": "补充一句", "csrf_token": "forged"}, kind="material")
    assert visitor.page.status_code == 400
    assert "补充一句" in visitor.text
    assert messages(site) == []
    assert visitor.send(WRITE, {"text": "补充一句"}, kind="material").page.status_code == 200


def test_database_that_is_away_takes_nothing_that_was_typed(
    site: PublicSite, visitor: Visitor, receipt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: object, **_more: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("away"))

    look(visitor, receipt)
    with monkeypatch.context() as changed:
        changed.setattr(site.intake.database.engine.dialect, "connect", away)
        site.intake.database.engine.dispose()
        visitor.send(WRITE, {"text": "补充一句"}, kind="material")
        assert (visitor.page.status_code, "补充一句" in visitor.text) == (503, True)
        assert site.visitor().open(CHECK).send(CHECK, {"receipt": receipt}).page.status_code == 503
    visitor.send(WRITE, {"text": "补充一句"}, kind="material")
    assert visitor.page.status_code == 200
    assert [site.desk.said(message).text for message in messages(site)] == ["补充一句"]


def test_refusal_says_why_and_who_can_help(site: PublicSite, visitor: Visitor, receipt: str) -> None:
    set_tip(site, state=TipState.DECLINED, closing_code="court", channel_code="court")
    look(visitor, receipt)
    assert "法院或仲裁机构正在办理" in visitor.text
    assert "有管辖权的法院或仲裁机构" in visitor.text


def test_code_the_public_side_does_not_know_says_nothing_wrong(
    site: PublicSite, visitor: Visitor, receipt: str
) -> None:
    set_tip(site, state=TipState.DECLINED, closing_code="new-code", channel_code="none")
    look(visitor, receipt)
    assert visitor.page.status_code == 200
    assert "new-code" not in visitor.text


def test_opened_identity_is_told(site: PublicSite, visitor: Visitor, receipt: str) -> None:
    assert "您的身份信息被打开过" not in look(visitor, receipt).text
    set_tip(site, identity_opened=True)
    assert "您的身份信息被打开过" in look(visitor, receipt).text


def test_language_is_changed_without_typing_receipt_or_message_again(visitor: Visitor, receipt: str) -> None:
    look(visitor, receipt).send(WRITE, {"switch": "en", "text": "还没写完"}, kind="material")
    assert visitor.page.status_code == 200
    assert '<html lang="en">' in visitor.text
    assert "We have it" in visitor.text
    assert "还没写完" in visitor.text


def test_reply_sent_twice_is_written_once(site: PublicSite, visitor: Visitor, receipt: str, tip: Tip) -> None:
    site.desk.write_to(tip, "门牌号是多少？")
    form = look(visitor, receipt).hidden(WRITE, kind="reply") | {"text": "东风路12号"}
    visitor.post(WRITE, multipart(form))
    assert visitor.notice == "收到了，谢谢您。"
    visitor.post(WRITE, multipart(form))
    assert "没有重复保存" in visitor.notice
    assert [message.kind for message in messages(site)] == [MessageKind.QUESTION, MessageKind.REPLY]


def test_reply_belongs_to_the_question_that_stood_above_it(
    site: PublicSite, visitor: Visitor, receipt: str, tip: Tip
) -> None:
    first = site.desk.write_to(tip, "门牌号是多少？")
    form = look(visitor, receipt).hidden(WRITE, kind="reply") | {"text": "东风路12号"}
    site.desk.write_to(tip, "是哪一天的事？")
    visitor.post(WRITE, multipart(form))
    assert messages(site)[-1].reply_to == first


def test_reply_to_what_is_no_question_is_taken_all_the_same(
    site: PublicSite, visitor: Visitor, receipt: str, tip: Tip
) -> None:
    site.desk.write_to(tip, "门牌号是多少？")
    form = look(visitor, receipt).hidden(WRITE, kind="reply")
    for wrong in (str(tip.id), "门牌", ""):
        visitor.post(WRITE, multipart(form | {"question": wrong, "text": f"回答{wrong}"}))
        assert visitor.page.status_code == 200
        assert messages(site)[-1].reply_to is None


def test_whoever_has_answered_is_not_asked_again(
    site: PublicSite, visitor: Visitor, receipt: str, tip: Tip
) -> None:
    site.desk.write_to(tip, "门牌号是多少？")
    set_tip(site, state=TipState.ASKING)
    look(visitor, receipt)
    assert "我们有个问题想问您" in visitor.text
    visitor.send(WRITE, {"text": "东风路12号"}, kind="reply")
    assert "我们有个问题想问您" not in visitor.text
    assert "您的回答已经收到" in visitor.text


def test_report_opened_again_says_nothing_of_why_it_was_closed_or_of_times_gone_by(
    site: PublicSite, visitor: Visitor, receipt: str, tip: Tip
) -> None:
    set_tip(site, state=TipState.DECLINED, closing_code="not-object", channel_code="hotline")
    look(visitor, receipt)
    assert "12345" in visitor.text
    visitor.send(WRITE, {"text": "你们管得到。"}, kind="objection")
    set_tip(site, state=TipState.TRIAGE)
    look(visitor, receipt)
    assert "正在重新办理" in visitor.text
    assert "12345" not in visitor.text
    assert "15 天" not in visitor.text


def test_address_of_an_answered_form_leads_back_to_the_question(visitor: Visitor) -> None:
    assert visitor.open(WRITE).page.headers["Location"] == CHECK


# --- whether it is fixed -----------------------------------------------------------------------------------


def test_question_whether_it_is_fixed_is_answered_once(site: PublicSite, receipt: str, tip: Tip) -> None:
    site.desk.write_to(tip, "修好了吗？", kind=MessageKind.FOLLOW_UP)
    visitor = look(site.visitor(), receipt)
    assert "您反映的问题解决了吗？" in visitor.text
    visitor.send(WRITE, {"fixed": "", "treated": "treated-well", "text": "还差一点"}, kind="rating")
    assert visitor.page.status_code == 422
    assert "请选一项。" in visitor.text
    assert "还差一点" in visitor.text
    visitor.send(WRITE, {"fixed": "partly-fixed", "treated": "treated-well"}, kind="rating")
    assert visitor.page.status_code == 200
    assert "您已回答是否解决" in visitor.text
    assert "您反映的问题解决了吗？" not in visitor.text
    assert "还差一点" not in visitor.text
    question, rating = messages(site)
    assert (rating.kind, rating.reply_to) == (MessageKind.RATING, question.id)


def test_word_of_pressure_needs_no_text_and_is_offered_to_whoever_was_asked(
    site: PublicSite, receipt: str, tip: Tip
) -> None:
    assert "有人要我改评价" not in look(site.visitor(), receipt).text
    site.desk.write_to(tip, "修好了吗？", kind=MessageKind.FOLLOW_UP)
    visitor = look(site.visitor(), receipt)
    visitor.send(WRITE, {"text": ""}, kind="pressure")
    assert visitor.page.status_code == 200
    assert "您说有人要求改评价" in visitor.text
    assert messages(site)[-1].kind is MessageKind.PRESSURE


def test_page_that_asks_is_still_small(site: PublicSite, receipt: str, tip: Tip) -> None:
    site.desk.write_to(tip, "修好了吗？", kind=MessageKind.FOLLOW_UP)
    for language in ("zh", "en"):
        page = site.visitor().open(f"{CHECK}?lang={language}").send(CHECK, {"receipt": receipt}).text
        assert 'id="write-rating"' in page
        assert len(page.encode()) <= 24_000
