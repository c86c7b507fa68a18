"""The language of templates: what an office writes, what it is told when it errs, what values cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest

from verification.documents.forms import load_forms, shipped_forms
from verification.documents.kinds import KINDS
from verification.documents.sheet import MISSING, Blanks, Row, Sheet, Signature, Style, Table, Text
from verification.documents.templating import Ask, AskKind, BadTemplate, read_form
from verification.documents.values import Group, empty, shaped
from verification.models import DocumentKind

WHOLE = """# a remark
head: {{ office }}文件
mark: 通
ask: who / 联系人
ask: words / 说明 / long
---
= 标题
< {{ unit }}：
== 一、内容
正文{{ gap }}。
|- 1 3 1 3
|= 项 | 值
{% for one in many %}
| {{ one }} | 甲 |
{% endfor %}
|3 意见 | {{ unit }} >> 签字
@ {{ office }}
_ 送达人 | 日期
"""


def problems(source: str, **values: object) -> list[tuple[int, str]]:
    """What is wrong with a template, line by line."""
    with pytest.raises(BadTemplate) as refused:
        read_form(source, file="own.txt").set(values)
    return [(problem.line, problem.text) for problem in refused.value.problems]


def test_template_becomes_the_blocks_it_names() -> None:
    form = read_form(WHOLE, file="own.txt")
    assert form.asks == (Ask("who", "联系人"), Ask("words", "说明", AskKind.LONG))
    values = {"office": "督查室", "unit": "交通局", "gap": "", "many": ["一", "二"]}
    sheet = form.set(values, number="安政督通〔2026〕5号")
    assert sheet == Sheet(
        head="督查室文件",
        number="安政督通〔2026〕5号",
        blocks=(
            Text(Style.TITLE, "标题"),
            Text(Style.FLUSH, "交通局："),
            Text(Style.HEADING, "一、内容"),
            Text(Style.BODY, f"正文{MISSING}。"),
            Table(
                (1, 3, 1, 3),
                (
                    Row(("项", "值"), heads=True),
                    Row(("一", "甲")),
                    Row(("二", "甲")),
                    Row(("意见", "交通局"), lines=3, foot="签字"),
                ),
            ),
            Signature(("督查室",)),
            Blanks(("送达人", "日期")),
        ),
    )
    assert (sheet.missing, Sheet.from_json(sheet.to_json())) == (1, sheet)


def test_document_that_carries_a_number_shows_that_it_has_none() -> None:
    assert read_form("mark:\n---\n= 题", file="own.txt").set({}).number == MISSING
    assert read_form("---\n= 题", file="own.txt").set({}).number == ""


@pytest.mark.parametrize(
    "value",
    [
        "= 假标题",
        "@ 假署名",
        "| 假 | 格",
        "甲\n= 假标题\n@ 假署名",
        "{{ secret }}",
        "{% for x in y %}",
        ">> 假签字",
    ],
)
def test_value_is_never_structure(value: str) -> None:
    form = read_form("---\n{{ value }}\n正文{{ value }}\n|- 1 1\n| {{ value }} | 乙\n", file="own.txt")
    sheet = form.set({"value": value, "secret": "机密"})
    assert {type(block) for block in sheet.blocks} == {Text, Table}
    assert {block.style for block in sheet.blocks if isinstance(block, Text)} == {Style.BODY}
    (table,) = [block for block in sheet.blocks if isinstance(block, Table)]
    assert table.rows == (Row((value.strip(), "乙")),)
    assert "机密" not in "".join(sheet.texts())


@pytest.mark.parametrize(
    ("source", "line", "word"),
    [
        ("head: a\n= 题", 2, "three dashes"),
        ("colour: red\n---\n", 1, "unknown key"),
        ("ask: Name\n---\n", 1, "ask: name / label"),
        ("ask: a / b\nask: a / c\n---\n", 2, "asked twice"),
        ("mark: 5号\n---\n", 1, "six letters"),
        ("---\n\n{{ nothing }}", 3, "nothing"),
        ("---\n# remark\n\n{{ group.nothing }}", 4, "nothing"),
        ("---\n{{ group }}", 2, "cannot be printed"),
        ("---\n\n{% for %}", 3, "Expected"),
        ("---\n{% include '/etc/passwd' %}", 2, ""),
        ("---\n{{ word.__class__.__mro__ }}", 2, "unsafe"),
        ("---\n{{ range(9) }}", 2, "range"),
        ("---\n| 甲 | 乙", 2, "widths"),
        ("---\n|- 1 1\n| 甲 | 乙 | 丙", 3, "more cells"),
        ("---\n|- 一\n", 2, "widths such as"),
        ("head: {{ nothing }}\n---\n", 1, "nothing"),
    ],
)
def test_problem_names_its_line(source: str, line: int, word: str) -> None:
    ((found, text), *_rest) = problems(source, group={"name": "x"}, word="x")
    assert (found, word in text) == (line, True), text


def test_every_kind_has_a_template_and_sees_its_own_groups_alone() -> None:
    assert {form.kind for form in shipped_forms()} == set(DocumentKind) == set(KINDS)
    told = {Group.BRIEF, Group.FINDINGS, Group.RECORD, Group.FILE, Group.EXHIBITS, Group.TAKEN}
    assert all(not rule.groups & told for rule in KINDS.values() if rule.outward)
    assert KINDS[DocumentKind.REPORT].groups >= {Group.FINDINGS, Group.FILE}


def test_office_replaces_a_template_without_touching_code(tmp_path: Path) -> None:
    (tmp_path / "circular.txt").write_text("---\n= 我县通报\n{{ case.title }}\n", encoding="utf-8")
    forms = load_forms(tmp_path)
    own, ours = forms[DocumentKind.CIRCULAR], forms[DocumentKind.NOTICE]
    assert (own.is_own, own.mark, ours.is_own) == (True, None, False)
    groups = KINDS[DocumentKind.CIRCULAR].groups
    assert own.set(empty(groups), {}, number="").title == "我县通报"
    assert own.source_hash != shipped_forms()[DocumentKind.CIRCULAR].source_hash


def test_folder_of_templates_is_refused_whole_with_every_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "notice.txt").write_text("---\n{{ findings.result }}\n", encoding="utf-8")
    (tmp_path / "circular.txt").write_bytes(b"---\n\xff\xfe\n")
    (tmp_path / "memo.txt").write_text("---\n", encoding="utf-8")
    (tmp_path / "plan.txt").write_text(
        "---\n{% if plan.risks %}{{ plan.wish }}{% endif %}\n", encoding="utf-8"
    )
    with pytest.raises(BadTemplate) as refused:
        load_forms(tmp_path)
    places = {(Path(problem.file).name, problem.line) for problem in refused.value.problems}
    assert places == {("notice.txt", 2), ("circular.txt", 1), ("memo.txt", 1), ("plan.txt", 2)}


def test_values_outside_a_group_are_refused() -> None:
    with pytest.raises(KeyError):
        shaped(Group.UNIT, {"name": "x", "statement": "y"})
