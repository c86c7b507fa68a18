"""A document as a sheet of blocks: the one model that the page, the DOCX and the PDF are drawn from.

Owns: the blocks and their form as JSON, in which a version is sealed. Must not know: fonts, measures, words.
Source: GB/T 9704-2012 §7 (the elements of an official document).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

#: What stands where nothing was filled in: marked, not missing.
MISSING: Final = "〔未填〕"


class Style(StrEnum):
    """How a line of text is set."""

    TITLE = "title"
    HEADING = "heading"
    SUBHEADING = "subheading"
    BODY = "body"
    FLUSH = "flush"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, repr=False)
class Text:
    """One paragraph."""

    style: Style
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """Cells of a row; the last one reaches to the right edge where there are fewer than columns.

    heads: the row repeats on every page. lines: blank lines left for handwriting in the last cell, between
    its text and ``foot``, which stands at its bottom right.
    """

    cells: tuple[str, ...]
    heads: bool = False
    lines: int = 0
    foot: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """A ruled table; ``widths`` are parts of the text's width."""

    widths: tuple[int, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Signature:
    """Who signs and when, at the right, with room for a seal over it."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Blanks:
    """Labels with a ruled line each, to be signed by hand."""

    labels: tuple[str, ...]


Block: TypeAlias = Text | Table | Signature | Blanks
_NAMES: Final = {Text: "text", Table: "table", Signature: "signature", Blanks: "blanks"}


@dataclass(frozen=True, slots=True, repr=False)
class Sheet:
    """A whole document. head: the name in red over the rule, empty where none is due; number: or empty."""

    head: str
    number: str
    blocks: tuple[Block, ...]

    @property
    def title(self) -> str:
        """Its title in one line."""
        return "".join(
            block.text for block in self.blocks if isinstance(block, Text) and block.style is Style.TITLE
        )

    @property
    def missing(self) -> int:
        """How many fields were empty."""
        return sum(text.count(MISSING) for text in self.texts())

    def texts(self) -> Iterator[str]:
        """Every text on it, in order."""
        yield from (self.head, self.number)
        for block in self.blocks:
            if isinstance(block, Text):
                yield block.text
            elif isinstance(block, Table):
                yield from (text for row in block.rows for text in (*row.cells, row.foot))
            elif isinstance(block, Signature):
                yield from block.lines
            else:
                yield from block.labels

    def kinds(self) -> list[tuple[str, Block]]:
        """Blocks, each with the name of what it is, for whoever draws them."""
        return [(_NAMES[type(block)], block) for block in self.blocks]

    def to_json(self) -> dict[str, Any]:
        """As it is sealed, and as the setter of the PDF reads it."""
        return {
            "head": self.head,
            "number": self.number,
            "blocks": [_to_json(block) for block in self.blocks],
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Sheet:
        """The inverse. KeyError, ValueError for what is none."""
        return cls(
            head=str(record["head"]),
            number=str(record["number"]),
            blocks=tuple(_from_json(block) for block in record["blocks"]),
        )


def _to_json(block: Block) -> dict[str, Any]:
    name = {"is": _NAMES[type(block)]}
    if isinstance(block, Text):
        return {**name, "style": block.style.value, "text": block.text}
    if isinstance(block, Table):
        rows = [asdict(row) | {"cells": list(row.cells)} for row in block.rows]
        return {**name, "widths": list(block.widths), "rows": rows}
    if isinstance(block, Signature):
        return {**name, "lines": list(block.lines)}
    return {**name, "labels": list(block.labels)}


def _from_json(record: Mapping[str, Any]) -> Block:
    if record["is"] == "text":
        return Text(Style(record["style"]), str(record["text"]))
    if record["is"] == "table":
        return Table(_whole(record["widths"]), tuple(_row(row) for row in record["rows"]))
    if record["is"] == "signature":
        return Signature(tuple(record["lines"]))
    return Blanks(tuple(record["labels"]))


def _row(record: Mapping[str, Any]) -> Row:
    return Row(
        tuple(record["cells"]),
        heads=bool(record["heads"]),
        lines=int(record["lines"]),
        foot=str(record["foot"]),
    )


def _whole(numbers: Sequence[Any]) -> tuple[int, ...]:
    return tuple(int(number) for number in numbers)
