"""The language of templates: plain text that an office edits, a line a block, with values in double braces.

    head: {{ office.name }}文件     before the dashes: the head in red, where there is one
    mark: 通                        it carries a number; these letters follow the office's own
    ask: contact / 联系人           a field to be typed; "/ long" for several lines, "/ day" for a date
    ---
    = 标题   == 一级标题   === 二级标题   < 顶格   ^ 居中   > 居右   @ 署名、日期   _ 签字栏 | 签字栏
    |- 2 5 2 5     widths of a table's columns; then |= heading row, | row, |4 row with four blank lines
    |4 意见 | {{ text }} >> 签字    what follows the arrows stands under the blank lines
    any other line is a paragraph; # begins a remark

Values can never become structure: a line's kind is read from the template's own letters alone. Templates run
in a sandbox without any name but their own. Must not know: which values there are, fonts, files.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from verification.documents.sheet import MISSING, Blanks, Block, Row, Sheet, Signature, Style, Table, Text

#: Stand for a value's beginning, a bar and a line's end inside it, until lines are told apart.
_VALUE, _BAR, _BREAK, _ARROW = "\ue000", "\ue001", "\ue002", "\ue003"
_PRIVATE: Final = re.compile("[\ue000-\uf8ff\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_STYLES: Final = {
    "===": Style.SUBHEADING,
    "==": Style.HEADING,
    "=": Style.TITLE,
    "<": Style.FLUSH,
    "^": Style.CENTRE,
    ">": Style.RIGHT,
}
_ASK: Final = re.compile(r"([a-z][a-z0-9_]{0,29}) */ *([^/]{1,60}?) *(?:/ *(line|long|day) *)?")
_WIDTHS: Final = re.compile(r"\|-( *[1-9]\d?)+ *")
_ROW: Final = re.compile(r"\|(=|\d{1,2})? (.*)", re.DOTALL)
_CODE: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")


class AskKind(StrEnum):
    """How a field is typed."""

    LINE = "line"
    LONG = "long"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Ask:
    """A field that people type when they make the document."""

    name: str
    label: str
    kind: AskKind = AskKind.LINE


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """What is wrong with a template, and where. ``line`` counts from 1."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class BadTemplate(Exception):
    """A template cannot be used."""

    def __init__(self, *problems: TemplateProblem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """A template read in. mark: None where its documents carry no number."""

    file: str
    head: Template | None
    mark: str | None
    asks: tuple[Ask, ...]
    body: Template

    def set(self, values: Mapping[str, Any], *, number: str = "") -> Sheet:
        """The sheet for these values. Raises BadTemplate where the template asks for what is not there."""
        try:
            head = "" if self.head is None else _plain(self.head.render(values))
            lines = self.body.render(values).split("\n")
        except (TemplateError, TypeError, ValueError) as error:
            raise BadTemplate(TemplateProblem(self.file, _line_of(error, self.file), str(error))) from None
        shown = (number or MISSING) if self.mark is not None else ""
        return Sheet(head=head.strip(), number=shown, blocks=tuple(_blocks(lines)))


def read_form(source: str, *, file: str) -> Form:
    """Read a template. Raises BadTemplate with every problem that shows before it meets values."""
    lines = source.replace("\r\n", "\n").split("\n")
    border = next((number for number, line in enumerate(lines) if line.strip() == "---"), None)
    if border is None:
        raise BadTemplate(TemplateProblem(file, len(lines), "no line of three dashes ends the heading"))
    reader = _Reader(file)
    for number, line in enumerate(lines[:border], start=1):
        reader.heading(number, line)
    body = lines[border + 1 :]
    reader.tables(border + 2, body)
    # Lines that are left out stay as empty ones, so that every message names the line of the file.
    kept = [""] * (border + 1) + ["" if line.startswith("#") else line for line in body]
    compiled = reader.compiled("\n".join(kept))
    if reader.problems or compiled is None:
        raise BadTemplate(*sorted(reader.problems, key=lambda problem: problem.line))
    return Form(file, reader.head, reader.mark, tuple(reader.asks), compiled)


class _Reader:
    """Gathers what a heading says and everything wrong with it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[TemplateProblem] = []
        self.head: Template | None = None
        self.mark: str | None = None
        self.asks: list[Ask] = []

    def wrong(self, line: int, text: str) -> None:
        self.problems.append(TemplateProblem(self.file, line, text))

    def heading(self, number: int, line: str) -> None:
        if not line.strip() or line.startswith("#"):
            return
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            self.wrong(number, "expected “key: value”")
        elif key == "head":
            self.head = self.compiled("\n" * (number - 1) + value)
        elif key == "mark":
            self.mark = value
            if len(value) > 6 or re.search(r"[\s\d〔〕号]", value):
                self.wrong(number, "a mark is at most six letters")
        elif key == "ask":
            self._ask(number, value)
        else:
            self.wrong(number, f"unknown key “{key}”; known are head, mark, ask")

    def _ask(self, number: int, value: str) -> None:
        match = _ASK.fullmatch(value)
        if match is None:
            self.wrong(number, "expected “ask: name / label” and perhaps “/ long” or “/ day”")
        elif any(ask.name == match[1] for ask in self.asks):
            self.wrong(number, f"“{match[1]}” is asked twice")
        else:
            self.asks.append(Ask(match[1], match[2], AskKind(match[3] or "line")))

    def tables(self, first: int, lines: list[str]) -> None:
        """Every row has a line of widths above it and no more cells than that."""
        columns = 0
        for number, line in enumerate(lines, start=first):
            bare = _CODE.sub("", line)
            if line.startswith("|-"):
                columns = len(line[2:].split()) if _WIDTHS.fullmatch(line) else 0
                if not columns:
                    self.wrong(number, "expected widths such as “|- 2 5 2 5”")
            elif line.startswith("|"):
                if _ROW.fullmatch(line) is None:
                    self.wrong(number, "after the bar expected a space, “= ” or a number of blank lines")
                elif not columns:
                    self.wrong(number, "no line of widths (“|- 2 5”) stands above this row")
                elif bare.rstrip().rstrip("|").count("|") > columns:
                    self.wrong(number, f"more cells than the {columns} columns of the table")
            elif bare.strip() and not line.startswith("#"):
                columns = 0

    def compiled(self, source: str) -> Template | None:
        try:
            code = _SANDBOX.compile(source, name=self.file, filename=self.file)
        except TemplateSyntaxError as error:
            self.wrong(error.lineno, error.message or "cannot be read")
            return None
        return Template.from_code(_SANDBOX, code, {})


def _shown(value: object) -> str:
    """A value as it stands in the text; an empty one is marked."""
    if isinstance(value, StrictUndefined) or not isinstance(value, str | int):
        return _refuse(value)
    text = _PRIVATE.sub("", str(value)).replace("\r\n", "\n").replace("\r", "\n").strip() or MISSING
    return _VALUE + text.replace("|", _BAR).replace("\n", _BREAK).replace(">>", f">{_ARROW}>")


def _refuse(value: object) -> str:
    if isinstance(value, StrictUndefined):
        return str(value)  # raises, with the name
    raise ValueError("a list or a group cannot be printed; name one of its fields")


_SANDBOX: Final = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, finalize=_shown, trim_blocks=True, lstrip_blocks=True, autoescape=False
)
_SANDBOX.globals.clear()


def _line_of(error: Exception, file: str) -> int:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return (frames[-1].lineno or 1) if frames else 1


def _plain(text: str, *, breaks: str = "") -> str:
    return text.replace(_VALUE, "").replace(_ARROW, "").replace(_BAR, "|").replace(_BREAK, breaks)


# --- from lines to blocks ----------------------------------------------------------------------------------


def _blocks(lines: list[str]) -> Iterator[Block]:
    kept = [line.rstrip() for line in lines if line.strip()]
    for kind, group in groupby(kept, key=_kind):
        if kind == "|":
            yield from _tables(list(group))
        elif kind == "@":
            yield Signature(tuple(_plain(line[1:].strip()) for line in group))
        elif kind == "_":
            labels = [label for line in group for label in line[1:].split("|")]
            yield Blanks(tuple(_plain(label.strip()) for label in labels))
        else:
            for line in group:
                yield from _texts(line, kind)


def _kind(line: str) -> str:
    first = line[0]
    if first in "|@_":
        return first
    return next((marker for marker in _STYLES if line.startswith(marker + " ")), "")


def _texts(line: str, kind: str) -> Iterator[Text]:
    style = _STYLES.get(kind, Style.BODY)
    for part in _plain(line[len(kind) :].strip(), breaks="\n").split("\n"):
        if part.strip():
            yield Text(style, part.strip())


def _tables(lines: list[str]) -> Iterator[Table]:
    widths: tuple[int, ...] = ()
    rows: list[Row] = []
    for line in lines:
        if line.startswith("|-"):
            if rows:
                yield Table(widths, tuple(rows))
            widths, rows = tuple(int(width) for width in line[2:].split()), []
            continue
        match = _ROW.fullmatch(line)
        assert match is not None  # templates with other rows are not read in
        said, _arrow, foot = match[2].removesuffix("|").partition(">>")
        cells = [_plain(cell.strip(), breaks="\n") for cell in said.split("|")][: len(widths)]
        blank = int(match[1]) if match[1] and match[1] != "=" else 0
        rows.append(Row(tuple(cells), heads=match[1] == "=", lines=blank, foot=_plain(foot.strip())))
    if rows:
        yield Table(widths, tuple(rows))
