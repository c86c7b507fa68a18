"""Measures and fonts of official documents, for both writers.

Source: GB/T 9704-2012 §5.2 (A4, top 37 mm, left 28 mm, a text of 156 × 225 mm, 22 lines of 28 characters),
§5.2.2 (fonts), §7.2.4 (the head), §7.5 (page numbers).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

PAGE_MM: Final = (210.0, 297.0)
TOP_MM, LEFT_MM = 37.0, 28.0
TEXT_MM: Final = (156.0, 225.0)
RIGHT_MM: Final = PAGE_MM[0] - LEFT_MM - TEXT_MM[0]
BOTTOM_MM: Final = PAGE_MM[1] - TOP_MM - TEXT_MM[1]
LINES, CHARACTERS = 22, 28

POINTS_A_MM: Final = 72 / 25.4
#: 三号, the body's size; 二号, the title's; 四号, of tables and page numbers.
BODY_PT, TITLE_PT, SMALL_PT = 16.0, 22.0, 14.0
#: From one line to the next.
PITCH_PT: Final = TEXT_MM[1] * POINTS_A_MM / LINES
#: 28 characters of 16 pt are a little wider than 156 mm: this much is taken from each.
TRACKING_PT: Final = TEXT_MM[0] * POINTS_A_MM / CHARACTERS - BODY_PT
#: From one line to the next in a table.
TABLE_PITCH_PT: Final = 22.0
RED: Final = "C00000"


class Face(StrEnum):
    """The four typefaces of official documents."""

    FANGSONG = "fangsong"
    TITLE = "title"
    HEITI = "heiti"
    KAITI = "kaiti"


#: What Chinese offices' computers call each face: the first one is named in the DOCX.
NAMES: Final[dict[Face, tuple[str, ...]]] = {
    Face.FANGSONG: ("仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong", "STFangsong", "FandolFang"),
    Face.TITLE: ("方正小标宋简体", "FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "STZhongsong"),
    Face.HEITI: ("黑体", "SimHei", "STHeiti"),
    Face.KAITI: ("楷体_GB2312", "KaiTi_GB2312", "楷体", "KaiTi", "STKaiti", "AR PL UKai CN"),
}
_SERIF = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "AR PL UMing CN")
_SANS = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "WenQuanYi Zen Hei")
#: What serves where none of them is: found on the host, or in the package that brings them.
FALLBACKS: Final[dict[Face, tuple[str, ...]]] = {
    Face.FANGSONG: _SERIF,
    Face.TITLE: _SERIF,
    Face.HEITI: _SANS,
    Face.KAITI: _SERIF,
}


def fonts_of(face: Face) -> tuple[str, ...]:
    """Every name to look for, the best first."""
    return NAMES[face] + FALLBACKS[face]
