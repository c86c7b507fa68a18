"""A sheet as PDF, set in memory: nothing of it touches the disk, no network is used.

Owns: which fonts serve. The host's own come first, by name; a package brings two faces for a host without
Chinese letters. Must not know: kinds, templates, keys. Source: GB/T 9704-2012; 3-architecture rule 4.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

import pylopdf_fonts_zh_cn
import typst

from verification.documents import measures
from verification.documents.measures import Face, fonts_of
from verification.documents.sheet import Sheet

MEDIA_TYPE: Final = "application/pdf"


def write_pdf(sheet: Sheet, *, made_at: datetime) -> bytes:
    """The PDF. made_at: the only time in it; the same sheet and time give the same bytes."""
    source, fonts = _layout(), _fonts()
    inputs = {
        "sheet": json.dumps(sheet.to_json() | {"title": sheet.title}, ensure_ascii=False),
        "measures": _measures(),
    }
    # A compiler of its own for each document: it keeps nothing of the one before.
    made = typst.Compiler(input=source, font_paths=fonts, sys_inputs=inputs).compile(
        format="pdf", timestamp=int(made_at.timestamp())
    )
    assert isinstance(made, bytes)  # only pictures come as a list, a page each
    return made


def known_fonts() -> frozenset[str]:
    """The families that this host and the package have."""
    return frozenset(_fonts().families())


@cache
def _fonts() -> typst.Fonts:
    """Looked for once a process: 0.15 s."""
    own = pylopdf_fonts_zh_cn.serif_path().parent
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=[str(own)])


@cache
def _layout() -> bytes:
    return files("verification.documents").joinpath("layout.typ").read_bytes()


@cache
def font_names() -> dict[str, list[str]]:
    """Face → the names of it that are known here, the best first."""
    known = known_fonts()
    return {face.value: [name for name in fonts_of(face) if name in known] for face in Face}


def _measures() -> str:
    return json.dumps(
        {
            "page": measures.PAGE_MM,
            "top": measures.TOP_MM,
            "bottom": measures.BOTTOM_MM,
            "left": measures.LEFT_MM,
            "right": measures.RIGHT_MM,
            "body": measures.BODY_PT,
            "title": measures.TITLE_PT,
            "small": measures.SMALL_PT,
            "pitch": measures.PITCH_PT,
            "table_pitch": measures.TABLE_PITCH_PT,
            "tracking": measures.TRACKING_PT,
            "red": measures.RED,
            "fonts": font_names(),
        }
    )
