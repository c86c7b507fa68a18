"""A sheet as DOCX, built in memory, for an office that edits or prints it with its own word processor.

Owns: how the measures are said in WordprocessingML. Fonts go by the names that Chinese offices have; the
font table names what may serve instead. Must not know: kinds, templates, keys.
Source: GB/T 9704-2012; ISO 29500-1.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import docx
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from verification.documents.measures import (
    BODY_PT,
    BOTTOM_MM,
    LEFT_MM,
    NAMES,
    PAGE_MM,
    PITCH_PT,
    RED,
    RIGHT_MM,
    SMALL_PT,
    TABLE_PITCH_PT,
    TEXT_MM,
    TITLE_PT,
    TOP_MM,
    Face,
    fonts_of,
)
from verification.documents.sheet import Blanks, Block, Row, Sheet, Signature, Style, Table, Text

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

#: Twips; a little less than the exact pitch and tracking, so that 22 lines of 28 characters fit for certain.
_PITCH = int(PITCH_PT * 20)
_TRACKING = -5
_FACES: Final = {
    Style.TITLE: Face.TITLE,
    Style.HEADING: Face.HEITI,
    Style.SUBHEADING: Face.KAITI,
}
_SIDES: Final = {
    Style.TITLE: WD_ALIGN_PARAGRAPH.CENTER,
    Style.CENTRE: WD_ALIGN_PARAGRAPH.CENTER,
    Style.RIGHT: WD_ALIGN_PARAGRAPH.RIGHT,
}
#: What follows each switch in a paragraph's properties: the schema fixes the order.
_AFTER_SWITCHES: Final = {
    "w:autoSpaceDE": (
        "w:autoSpaceDN",
        "w:adjustRightInd",
        "w:snapToGrid",
        "w:spacing",
        "w:ind",
        "w:jc",
        "w:rPr",
    ),
    "w:autoSpaceDN": ("w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:jc", "w:rPr"),
    "w:snapToGrid": ("w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:rPr"),
}
_LEADING: Final = (Style.HEADING, Style.SUBHEADING)
#: A row with more letters may break over pages.
_LONG_ROW: Final = 400
_INDENTED = (Style.BODY, Style.HEADING, Style.SUBHEADING)


def write_docx(sheet: Sheet, *, made_at: datetime) -> bytes:
    """The DOCX. made_at: the only time its properties name."""
    document = docx.Document()
    _set_up(document, title=sheet.title, made_at=made_at)
    if sheet.head:
        _head(document, sheet)
    elif sheet.number:
        line = _line(document.add_paragraph(), sheet.number, size=SMALL_PT)
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for block, following in zip(sheet.blocks, (*sheet.blocks[1:], None), strict=True):
        _block(document, block)
        if isinstance(block, Text) and (block.style in _LEADING or isinstance(following, Signature)):
            # A heading stays with what it heads; nobody signs a page that holds nothing else.
            document.paragraphs[-1].paragraph_format.keep_with_next = True
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


# --- the page ----------------------------------------------------------------------------------------------


def _set_up(document: Document, *, title: str, made_at: datetime) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(PAGE_MM[0]), Mm(PAGE_MM[1])
    section.top_margin, section.bottom_margin = Mm(TOP_MM), Mm(BOTTOM_MM)
    section.left_margin, section.right_margin = Mm(LEFT_MM), Mm(RIGHT_MM)
    section.footer_distance = Mm(BOTTOM_MM - 12)
    grid = OxmlElement("w:docGrid")
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(_PITCH))
    known = section._sectPr.find(qn("w:docGrid"))  # noqa: SLF001  # the library has no other way to the grid
    if known is not None:
        section._sectPr.remove(known)  # noqa: SLF001  # as above
    section._sectPr.append(grid)  # noqa: SLF001  # as above
    _normal_style(document)
    _page_numbers(document)
    _font_table(document)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, "", ""
    properties.created = properties.modified = made_at.replace(tzinfo=None)


def _normal_style(document: Document) -> None:
    style: Any = document.styles["Normal"]
    style.font.size = Pt(BODY_PT)
    properties = style.element.get_or_add_rPr()
    _set_face(properties, Face.FANGSONG)
    # Without it a reader may choose the letter forms of another region.
    properties.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="en-US" w:eastAsia="zh-CN"/>'))
    form = style.paragraph_format
    form.space_before = form.space_after = Pt(0)
    form.widow_control = False
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(_PITCH / 20)
    # No room beside Latin letters and digits: it would upset the count of characters.
    for name in ("w:autoSpaceDE", "w:autoSpaceDN"):
        _switch_off(style.element.get_or_add_pPr(), name)


def _switch_off(properties: Any, name: str) -> None:
    element = OxmlElement(name)
    element.set(qn("w:val"), "0")
    properties.insert_element_before(element, *_AFTER_SWITCHES[name])


def _page_numbers(document: Document) -> None:
    """— 1 — at the outer edge: odd pages right, even pages left."""
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        paragraph = footer.paragraphs[0]
        paragraph.alignment = side
        paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(SMALL_PT)
        for part in ("— ", "PAGE", " —"):
            run = paragraph.add_run("" if part == "PAGE" else part)
            run.font.size = Pt(SMALL_PT)
            if part == "PAGE":
                for element in _field(part):
                    run._r.append(element)  # noqa: SLF001  # fields have no other way in


def _field(instruction: str) -> Iterable[Any]:
    for kind in ("begin", "", "end"):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = instruction
        yield element


def _font_table(document: Document) -> None:
    """What may serve where a font is not there."""
    part: Part = next(
        part for part in document.part.package.iter_parts() if str(part.partname) == "/word/fontTable.xml"
    )
    fonts = "".join(
        f'<w:font w:name="{NAMES[face][0]}"><w:altName w:val="{",".join(fonts_of(face)[1:])}"/>'
        '<w:charset w:val="86"/></w:font>'
        for face in Face
    )
    part._blob = f"<w:fonts {nsdecls('w')}>{fonts}</w:fonts>".encode()  # noqa: SLF001  # a part without a class


def _head(document: Document, sheet: Sheet) -> None:
    large = min(48.0, 150 * 72 / 25.4 / max(len(sheet.head), 1))
    head = _line(document.add_paragraph(), sheet.head, face=Face.TITLE, size=large, bold=True, tracking=0)
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    head.runs[0].font.color.rgb = RGBColor.from_string(RED)
    form = head.paragraph_format
    form.space_before, form.space_after = Mm(20), Pt(PITCH_PT)
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(large * 1.2)
    number = _line(document.add_paragraph(), sheet.number)
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    number.paragraph_format.space_after = Pt(PITCH_PT * 2 - BODY_PT)
    rule = parse_xml(
        f'<w:pBdr {nsdecls("w")}><w:bottom w:val="single" w:sz="12" w:space="8" w:color="{RED}"/></w:pBdr>'
    )
    number._p.get_or_add_pPr().insert_element_before(  # noqa: SLF001  # borders have no other way in
        rule, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


# --- blocks ------------------------------------------------------------------------------------------------


def _block(document: Document, block: Block) -> None:
    if isinstance(block, Text):
        _text(document.add_paragraph(), block)
    elif isinstance(block, Table):
        _table(document, block)
    elif isinstance(block, Signature):
        _signature(document, block)
    else:
        _blanks(document, block)


def _text(paragraph: Paragraph, block: Text) -> None:
    is_title = block.style is Style.TITLE
    face = _FACES.get(block.style, Face.FANGSONG)
    size, tracking = (TITLE_PT, 0) if is_title else (BODY_PT, _TRACKING)
    _line(paragraph, block.text, face=face, size=size, bold=is_title, tracking=tracking)
    paragraph.alignment = _SIDES.get(block.style, WD_ALIGN_PARAGRAPH.JUSTIFY)
    form = paragraph.paragraph_format
    if block.style in _INDENTED:
        _indent(paragraph)
    if block.style is Style.RIGHT:
        form.right_indent = Pt(2 * BODY_PT)
    if is_title:
        form.line_spacing, form.space_after = Pt(36), Pt(PITCH_PT - 10)
        _switch_off(paragraph._p.get_or_add_pPr(), "w:snapToGrid")  # noqa: SLF001  # no other way in


def _indent(paragraph: Paragraph) -> None:
    """Two characters, whatever their size."""
    paragraph.paragraph_format.first_line_indent = Pt(2 * (BODY_PT + _TRACKING / 20))
    indent: Any = paragraph._p.get_or_add_pPr().ind  # noqa: SLF001  # characters have no other way in
    indent.set(qn("w:firstLineChars"), "200")


def _line(
    paragraph: Paragraph,
    text: str,
    *,
    face: Face = Face.FANGSONG,
    size: float = BODY_PT,
    bold: bool = False,
    tracking: int = _TRACKING,
) -> Paragraph:
    """One run; a line's end in ``text`` breaks the line."""
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(size), bold or None
    properties = run._r.get_or_add_rPr()  # noqa: SLF001  # East Asian fonts have no other way in
    _set_face(properties, face)
    if tracking and size == BODY_PT:
        spacing = OxmlElement("w:spacing")
        spacing.set(qn("w:val"), str(tracking))
        properties.insert_element_before(spacing, "w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:lang")
    return paragraph


def _set_face(properties: Any, face: Face) -> None:
    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for use in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(use), NAMES[face][0])


def _table(document: Document, block: Table) -> None:
    columns = len(block.widths)
    table = document.add_table(rows=0, cols=columns, style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    margins = parse_xml(
        f'<w:tblCellMar {nsdecls("w")}><w:top w:w="60" w:type="dxa"/><w:bottom w:w="60" w:type="dxa"/>'
        "</w:tblCellMar>"
    )
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook")  # noqa: SLF001  # no other way in
    widths = [Mm(TEXT_MM[0] * width / sum(block.widths)) for width in block.widths]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    is_list = any(row.heads for row in block.rows)
    for row in block.rows:
        cells = table.add_row().cells
        for cell, width in zip(cells, widths, strict=True):
            cell.width = width
        last = len(row.cells) - 1
        if last < columns - 1:
            cells[last].merge(cells[-1])
        for index in range(last + 1):
            _cell(cells[index], row, index, columns=columns, is_list=is_list)
        properties = table.rows[-1]._tr.get_or_add_trPr()  # noqa: SLF001  # no other way in
        if sum(map(len, row.cells)) <= _LONG_ROW:
            properties.append(OxmlElement("w:cantSplit"))
        if row.heads:
            properties.append(OxmlElement("w:tblHeader"))
    # A table that ends a document, or meets another one, needs a paragraph after it.
    after = document.add_paragraph().paragraph_format
    after.line_spacing_rule, after.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(6)


def _cell(cell: _Cell, row: Row, index: int, *, columns: int, is_list: bool) -> None:
    last = index == len(row.cells) - 1
    spans = last and index > 0 and len(row.cells) < columns
    is_label = index == 0 if is_list else index % 2 == 0 and not spans
    face = Face.HEITI if row.heads else Face.FANGSONG
    lines = row.cells[index].split("\n")
    if last:
        lines += [""] * row.lines
    first = cell.paragraphs[0]
    paragraphs = [first, *(cell.add_paragraph() for _ in lines[1:])]
    for paragraph, line in zip(paragraphs, lines, strict=True):
        _small(paragraph, line, face=face)
        if row.heads or is_label:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if last and row.foot:
        _small(cell.add_paragraph(), row.foot).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    tall = last and row.lines and not is_label
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.TOP if tall else WD_CELL_VERTICAL_ALIGNMENT.CENTER


def _small(paragraph: Paragraph, text: str, *, face: Face = Face.FANGSONG) -> Paragraph:
    _line(paragraph, text, face=face, size=SMALL_PT)
    form = paragraph.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(TABLE_PITCH_PT)
    _switch_off(paragraph._p.get_or_add_pPr(), "w:snapToGrid")  # noqa: SLF001  # no other way in
    return paragraph


def _signature(document: Document, block: Signature) -> None:
    """Centred over each other at the right; kept together with the room for the seal."""
    widest = max((len(line) for line in block.lines), default=0) * BODY_PT
    left = Pt(max(TEXT_MM[0] * 72 / 25.4 - widest - 2 * BODY_PT, 0))
    for number, line in enumerate(["", "", *block.lines, ""]):
        paragraph = _line(document.add_paragraph(), line)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        form = paragraph.paragraph_format
        form.left_indent, form.right_indent = left, Pt(2 * BODY_PT)
        form.keep_with_next = number < len(block.lines) + 2


def _blanks(document: Document, block: Blanks) -> None:
    for labels in _pairs(block.labels):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(PITCH_PT / 2)
        room = (TEXT_MM[0] * 72 / 25.4 / len(labels)) - BODY_PT
        for label in labels:
            _line(paragraph, f"{label}：")
            blank = max(int((room - (len(label) + 1) * BODY_PT) / BODY_PT), 4)
            _line(paragraph, "\u3000" * blank).runs[-1].font.underline = True
            _line(paragraph, "\u3000")


def _pairs(labels: Sequence[str]) -> Iterable[Sequence[str]]:
    return [labels[start : start + 2] for start in range(0, len(labels), 2)]
