"""What the forms accept and what they say; everything typed is kept."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from werkzeug.datastructures import MultiDict

from portal.models import Desk, MessageKind
from portal.models.records import Identity, Reporter, Subject
from portal.web.forms import ACCOUNT_MAX, LENGTHS, MessageForm, TipForm, cleaned, size_in_words
from tests.support.public import TYPED

BOTH = frozenset(Desk)


def problems(typed: Mapping[str, str] = {}, *, files: int = 0, offered: frozenset[Desk] = BOTH) -> list[str]:
    """Names of the fields with problems, in the order of the page. typed: what is other than usual."""
    form = TipForm.read(MultiDict({**TYPED, **typed}))
    return [name for name, _ in form.problems(files=files, offered=offered)]


def test_least_that_must_be_said_is_enough() -> None:
    assert problems() == []


def test_empty_form_says_all_that_is_missing_in_the_order_of_the_page() -> None:
    form = TipForm.read(MultiDict())
    found = [name for name, _ in form.problems(files=0, offered=BOTH)]
    assert found == ["desk", "reporter", "subject", "about", "account"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("desk", "yes"), ("reporter", "robot"), ("subject", "9"), ("subject", "x"), ("subject", "")],
)
def test_value_that_the_form_does_not_offer_is_no_answer(field: str, value: str) -> None:
    assert problems({field: value}) == [field]


def test_first_question_answered_yes_is_refused_only_where_no_such_desk_is_offered() -> None:
    assert problems({"desk": "alternate"}) == []
    assert problems({"desk": "alternate"}, offered=frozenset({Desk.DESK})) == ["desk"]


@pytest.mark.parametrize(("length", "wrong"), [(19, True), (20, False), (3000, False), (3001, True)])
def test_account_has_20_to_3000_characters(length: int, wrong: bool) -> None:
    assert problems({"account": "路" * length}) == (["account"] if wrong else [])


def test_line_ends_count_once_and_characters_outside_the_bmp_count_one() -> None:
    assert problems({"account": "路\r\n" * 1500}) == []
    assert problems({"account": "𠮷" * ACCOUNT_MAX}) == []
    assert cleaned(" a\r\nb\rc\x00\x1b \n") == "a\nb\nc"


def test_account_may_be_in_a_file_instead() -> None:
    assert problems({"account": "", "in_attachment": "yes"}, files=1) == []
    assert problems({"account": "", "in_attachment": "yes"}, files=0) == ["files"]


def test_unsure_who_is_in_charge_is_an_answer() -> None:
    assert problems({"about": ""}) == ["about"]
    assert problems({"about": "", "about_unsure": "yes"}) == []


@pytest.mark.parametrize("field", sorted(LENGTHS))
def test_short_field_that_is_too_long_says_so(field: str) -> None:
    choice = {"identity": "leave", "name": "x"}
    assert problems(choice | {field: "字" * LENGTHS[field]}) == []
    assert problems(choice | {field: "字" * (LENGTHS[field] + 1)}) == [field]


def test_identity_is_neither_dropped_nor_demanded_in_silence() -> None:
    assert problems({"identity": "leave"}) == ["name"]
    assert problems({"identity": "leave", "contact": "13900000000"}) == []
    assert problems({"identity": "none", "contact": "13900000000"}) == ["identity"]


def test_statement_and_identity_say_what_was_typed() -> None:
    form = TipForm.read(
        MultiDict(TYPED | {"urgent": "yes", "identity": "leave", "name": "王芳", "about_unsure": "yes"})
    )
    statement = form.statement()
    assert (statement.reporter, statement.subject) == (Reporter.CITIZEN, Subject.PROMISE_BROKEN)
    assert (statement.urgent, statement.in_attachment, statement.about) == (
        True,
        False,
        "河东街道办事处 (not sure)",
    )
    assert statement.account == TYPED["account"]
    assert form.identity() == Identity(name="王芳", contact="")
    assert TipForm.read(MultiDict(TYPED)).identity().is_empty


def test_typed_text_is_not_in_the_forms_own_text() -> None:
    form = TipForm.read(MultiDict(TYPED))
    assert form.values["about"] == "河东街道办事处"
    assert "河东" not in f"{form!r} {form!s}"


@pytest.mark.parametrize("kind", ["question", "answer", "note", "nonsense", ""])
def test_message_of_a_kind_an_informant_cannot_write_is_taken_as_material(kind: str) -> None:
    assert MessageForm.read(MultiDict({"kind": kind, "text": "x"})).kind is MessageKind.MATERIAL


def test_message_needs_text_or_a_file() -> None:
    empty = MessageForm.read(MultiDict({"kind": "reply", "text": "  \n"}))
    assert [name for name, _ in empty.problems(files=0)] == ["text"]
    assert empty.problems(files=1) == []
    long = MessageForm.read(MultiDict({"kind": "reply", "text": "字" * 3001}))
    assert [name for name, _ in long.problems(files=0)] == ["text"]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KB"),
        (1536, "1.5 KB"),
        (209715200, "200 MB"),
        (1 << 30, "1 GB"),
    ],
)
def test_size_is_said_as_people_say_it(size: int, words: str) -> None:
    assert size_in_words(size) == words
