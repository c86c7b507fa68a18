"""The mailbox: what a receipt opens, what can be written, and that strangers learn nothing."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence

import pytest
from sqlalchemy import event, select, update

from portal.crypto.receipt import Receipt
from portal.crypto.recipients import PrivateKey
from portal.db import Database
from portal.domain.drafts import DraftSecrets
from portal.domain.errors import FilesGone, FormSpent, UnknownReceipt
from portal.domain.intake import Intake
from portal.domain.mailbox import Mailbox, desk_of, open_mailbox, send
from portal.domain.submit import submit_tip
from portal.errors import Tampered
from portal.models import (
    Attachment,
    Desk,
    Message,
    MessageKind,
    OutboxRow,
    OutboxTopic,
    Rng,
    SealedObject,
    Tip,
    TipState,
)
from portal.models.records import Identity
from tests.support.files import put_files
from tests.support.intake import SigningDesk, a_statement


@pytest.fixture
def receipt(intake: Intake, draft: DraftSecrets) -> Receipt:
    """That of a tip sent just now."""
    submitted = submit_tip(intake, draft=draft, statement=a_statement(), identity=Identity(), desk=Desk.DESK)
    return submitted.receipt


@pytest.fixture
def form(rng: Rng) -> DraftSecrets:
    """One rendering of the mailbox's form."""
    return DraftSecrets(rng(32), rng(32))


def the_tip(intake: Intake) -> Tip:
    with intake.reading() as session:
        return session.scalars(select(Tip)).one()


def informant_messages(intake: Intake) -> list[Message]:
    with intake.reading() as session:
        found = session.scalars(select(Message).order_by(Message.ordinal)).all()
    return [message for message in found if not message.kind.from_office]


def say(
    intake: Intake,
    receipt: Receipt,
    form: DraftSecrets,
    *,
    text: str = "后来又去问了,还是没有结果。",
    kind: MessageKind = MessageKind.MATERIAL,
    files: Sequence[uuid.UUID] = (),
    reply_to: uuid.UUID | None = None,
) -> bool:
    return send(intake, receipt=receipt, draft=form, kind=kind, text=text, files=files, reply_to=reply_to)


# --- reading -----------------------------------------------------------------------------------------------


def test_new_tip_has_an_empty_mailbox(intake: Intake, receipt: Receipt) -> None:
    tip = the_tip(intake)
    assert open_mailbox(intake, receipt=receipt) == Mailbox(
        tip_id=tip.id,
        desk=Desk.DESK,
        state=TipState.RECEIVED,
        received_on=intake.today,
        closing_code=None,
        channel_code=None,
        identity_opened=False,
        messages=(),
        sent=(),
        open_question=None,
        can_object=False,
    )


def test_messages_of_the_office_are_read_in_order(
    intake: Intake, signing: SigningDesk, receipt: Receipt
) -> None:
    tip = the_tip(intake)
    signing.write_to(tip, "请问具体是哪一天?", kind=MessageKind.QUESTION)
    signing.write_to(tip, "已转办。", kind=MessageKind.NOTE)
    read = open_mailbox(intake, receipt=receipt).messages
    assert [(message.kind, message.text, message.sent_on) for message in read] == [
        (MessageKind.QUESTION, "请问具体是哪一天?", intake.today),
        (MessageKind.NOTE, "已转办。", intake.today),
    ]


def test_typed_receipt_opens_the_same_mailbox(intake: Intake, receipt: Receipt) -> None:
    typed = receipt.text.lower().replace("-", " ")
    assert open_mailbox(intake, receipt=Receipt.parse(typed)) == open_mailbox(intake, receipt=receipt)


def test_what_the_informant_wrote_is_not_read_back(
    intake: Intake, receipt: Receipt, form: DraftSecrets
) -> None:
    say(intake, receipt, form, text="只给督查室看的话。")
    mailbox = open_mailbox(intake, receipt=receipt)
    assert mailbox.messages == ()
    assert mailbox.sent == ((MessageKind.MATERIAL, intake.today),)
    assert "只给督查室看的话" not in str([getattr(mailbox, name) for name in Mailbox.__slots__])


def test_message_that_does_not_open_is_shown_as_such_beside_the_others(
    intake: Intake, signing: SigningDesk, receipt: Receipt
) -> None:
    tip = the_tip(intake)
    signing.write_to(tip, "第一条", kind=MessageKind.NOTE)
    signing.write_to(tip, "第二条", kind=MessageKind.NOTE)
    with intake.reading() as session:
        first = session.scalars(select(Message).where(Message.ordinal == 1)).one()
    with intake.writing() as session:
        session.execute(update(SealedObject).where(SealedObject.id == first.object_id).values(body=b"broken"))
    assert [message.text for message in open_mailbox(intake, receipt=receipt).messages] == [None, "第二条"]


def test_question_is_open_until_it_is_replied_to(
    intake: Intake, signing: SigningDesk, receipt: Receipt, form: DraftSecrets
) -> None:
    tip = the_tip(intake)
    assert open_mailbox(intake, receipt=receipt).open_question is None
    question = signing.write_to(tip, "哪一天?")
    assert open_mailbox(intake, receipt=receipt).open_question == question
    say(intake, receipt, form, kind=MessageKind.REPLY, reply_to=question)
    assert open_mailbox(intake, receipt=receipt).open_question is None


@pytest.mark.parametrize("state", list(TipState))
def test_objection_is_offered_where_the_office_has_answered(
    intake: Intake, receipt: Receipt, state: TipState
) -> None:
    with intake.writing() as session:
        session.execute(update(Tip).values(state=state))
    answered = {TipState.ANSWERED, TipState.DECLINED, TipState.REFERRED, TipState.HANDED_ON}
    assert open_mailbox(intake, receipt=receipt).can_object == (state in answered)


# --- strangers ---------------------------------------------------------------------------------------------


def test_unknown_receipt_opens_nothing(
    intake: Intake, receipt: Receipt, form: DraftSecrets, rng: Rng
) -> None:
    unknown = Receipt.from_secrets(rng(32), rng(32))
    open_mailbox(intake, receipt=receipt)
    for attempt in (
        lambda: open_mailbox(intake, receipt=unknown),
        lambda: desk_of(intake, receipt=unknown),
        lambda: say(intake, unknown, form),
    ):
        with pytest.raises(UnknownReceipt):
            attempt()


def test_unknown_receipt_takes_the_same_steps_as_a_known_one(
    intake: Intake,
    signing: SigningDesk,
    database: Database,
    receipt: Receipt,
    rng: Rng,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signing.write_to(the_tip(intake), "一条消息")
    steps: list[str] = []
    real_open, real_init = PrivateKey.open, PrivateKey.__init__

    def opening(self: PrivateKey, sealed: bytes, *, info: bytes) -> bytes:
        steps.append(f"open {len(sealed)}")
        return real_open(self, sealed, info=info)

    def deriving(self: PrivateKey, encoded: bytes) -> None:
        steps.append("derive")
        real_init(self, encoded)

    @event.listens_for(database.engine, "before_cursor_execute")
    def querying(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        steps.append(statement)

    monkeypatch.setattr(PrivateKey, "open", opening)
    monkeypatch.setattr(PrivateKey, "__init__", deriving)
    open_mailbox(intake, receipt=receipt)
    known, steps = steps.copy(), []
    steps_of_unknown = steps

    with pytest.raises(UnknownReceipt):
        open_mailbox(intake, receipt=Receipt.from_secrets(rng(32), rng(32)))
    assert steps_of_unknown == known
    assert len([step for step in known if step.startswith("SELECT")]) == 3


def test_another_tip_s_receipt_opens_only_its_own_messages(
    intake: Intake, signing: SigningDesk, receipt: Receipt, rng: Rng
) -> None:
    first = the_tip(intake)
    signing.write_to(first, "给第一位")
    other = submit_tip(
        intake,
        draft=DraftSecrets(rng(32), rng(32)),
        statement=a_statement(),
        identity=Identity(),
        desk=Desk.DESK,
    )
    assert open_mailbox(intake, receipt=other.receipt).messages == ()
    assert [message.text for message in open_mailbox(intake, receipt=receipt).messages] == ["给第一位"]


# --- writing -----------------------------------------------------------------------------------------------


def test_reply_reaches_the_desk_with_its_files_and_is_announced(
    intake: Intake, signing: SigningDesk, receipt: Receipt, form: DraftSecrets
) -> None:
    cleaner = signing.open_cleaner()
    intake.recipients.forget()
    question = signing.write_to(the_tip(intake), "有照片吗?")
    [file] = put_files(intake, form, [("照片.jpg", b"photo")])
    assert say(
        intake,
        receipt,
        form,
        kind=MessageKind.REPLY,
        text="有,见附件。",
        files=[file.object_id],
        reply_to=question,
    )
    [message] = informant_messages(intake)
    said = signing.said(message)
    assert (message.kind, message.reply_to, message.ordinal, message.read_by_office) == (
        MessageKind.REPLY,
        question,
        2,
        False,
    )
    assert (said.kind, said.text, said.statement) == (MessageKind.REPLY, "有,见附件。", None)
    assert [(entry.object_id, entry.name) for entry in said.attachments] == [(file.object_id, "照片.jpg")]
    for holder in (signing.desk, cleaner):
        assert signing.original(file.object_id, intake=intake, holder=holder) == b"photo"
    with intake.reading() as session:
        attached = session.scalars(select(Attachment)).one()
        posted = {(row.topic, row.subject_id) for row in session.scalars(select(OutboxRow))}
    assert (attached.tip_id, attached.message_id) == (the_tip(intake).id, message.id)
    assert posted >= {
        (OutboxTopic.INFORMANT_EVENT, message.id),
        (OutboxTopic.CLEAN_FILE, file.object_id),
    }


def test_informant_cannot_open_what_they_sent(
    intake: Intake, receipt: Receipt, form: DraftSecrets, signing: SigningDesk
) -> None:
    say(intake, receipt, form)
    [message] = informant_messages(intake)
    assert signing.said(message).text
    with intake.reading() as session:
        sealed = session.get_one(SealedObject, message.object_id)
    with pytest.raises(Tampered):
        receipt.private_key().open(sealed.body or b"", info=b"")


def test_same_form_sent_twice_is_written_once(intake: Intake, receipt: Receipt, form: DraftSecrets) -> None:
    assert [say(intake, receipt, form) for _ in range(3)] == [True, False, False]
    assert len(informant_messages(intake)) == 1


def test_same_form_with_its_files_uploaded_again_is_written_once(
    intake: Intake, receipt: Receipt, form: DraftSecrets
) -> None:
    sent = []
    for _ in range(2):
        [file] = put_files(intake, form, [("a", b"1")])
        sent.append(say(intake, receipt, form, files=[file.object_id]))
    assert sent == [True, False]


def test_same_form_with_other_words_is_written_too(
    intake: Intake, receipt: Receipt, form: DraftSecrets
) -> None:
    assert [say(intake, receipt, form, text=text) for text in ("一", "二", "二")] == [True, True, False]
    assert [message.ordinal for message in informant_messages(intake)] == [1, 2]


def test_double_click_of_many_at_once_writes_one_message(
    intake: Intake, receipt: Receipt, form: DraftSecrets
) -> None:
    start, sent = threading.Barrier(6), []

    def click() -> None:
        start.wait()
        sent.append(say(intake, receipt, form))

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sent) == [False] * 5 + [True]
    assert len(informant_messages(intake)) == 1


def test_several_people_s_worth_of_messages_at_once_all_arrive_numbered(
    intake: Intake, receipt: Receipt, rng: Rng
) -> None:
    forms = [DraftSecrets(rng(32), rng(32)) for _ in range(3)]
    start, sent = threading.Barrier(3), []

    def write(form: DraftSecrets, text: str) -> None:
        start.wait()
        sent.append(say(intake, receipt, form, text=text))

    threads = [threading.Thread(target=write, args=(form, str(i))) for i, form in enumerate(forms)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent == [True] * 3
    assert [message.ordinal for message in informant_messages(intake)] == [1, 2, 3]


def test_form_of_one_tip_is_spent_for_another(
    intake: Intake, receipt: Receipt, form: DraftSecrets, rng: Rng
) -> None:
    say(intake, receipt, form)
    other = submit_tip(
        intake,
        draft=DraftSecrets(rng(32), rng(32)),
        statement=a_statement(),
        identity=Identity(),
        desk=Desk.DESK,
    )
    with pytest.raises(FormSpent):
        say(intake, other.receipt, form)


def test_file_of_another_draft_cannot_be_attached(
    intake: Intake, receipt: Receipt, form: DraftSecrets, rng: Rng
) -> None:
    [theirs] = put_files(intake, DraftSecrets(rng(32), rng(32)), [("theirs", b"1")])
    with pytest.raises(FilesGone):
        say(intake, receipt, form, files=[theirs.object_id])
    assert informant_messages(intake) == []


def test_public_side_cannot_write_as_the_office(intake: Intake, receipt: Receipt, form: DraftSecrets) -> None:
    for kind in MessageKind:
        if kind.from_office:
            with pytest.raises(ValueError, match="internal side"):
                say(intake, receipt, form, kind=kind)
