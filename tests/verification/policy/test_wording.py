"""What must not stand in the unit's version: names of witnesses, and others' words."""

from __future__ import annotations

from verification.policy.wording import Heard, look_at, names_in

TALK = "问：何时开始漏水？答：去年国庆之前就开始漏，找过物业三次都说没有钱修。"
ACCOUNT = "我家住在三单元顶楼，从去年秋天起卧室漏水，物业一直推说维修资金没有批下来。"
HEARD = Heard(names=("张大山、李四（保洁员）", "负责人"), talks=(TALK,), statements=(ACCOUNT,))


def test_names_are_taken_apart_and_words_for_nobody_left_out() -> None:
    assert names_in(("张大山、李四（保洁员）", "负责人", "王")) == [
        "张大山、李四（保洁员）",
        "张大山",
        "李四",
        "保洁员",
    ]


def test_own_wording_passes() -> None:
    found = look_at("经查，屋面防水层老化，渗漏属实。请负责人限期修复。", heard=HEARD)
    assert (found.identifiers, found.words, found.complete) == (False, (), True)


def test_witness_and_words_of_interview_and_statement_are_found_in_the_order_of_the_text() -> None:
    text = f"据张大山反映，{TALK[9:30]}；另有{ACCOUNT[10:36]}，属实"
    found = look_at(text, heard=HEARD)
    assert found.words == ("张大山", TALK[9:30], ACCOUNT[10:36])
    assert not found.identifiers


def test_without_the_tips_only_half_is_checked_and_that_is_said() -> None:
    half = Heard(names=HEARD.names, talks=HEARD.talks, statements=None)
    found = look_at(f"另有{ACCOUNT[10:36]}，电话13812345678。", heard=half)
    assert (found.identifiers, found.words, found.complete) == (True, (), False)
