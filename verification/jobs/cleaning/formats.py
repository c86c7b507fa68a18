"""Which cleaner takes which type of file. The one table; a type that is not in it is "original only"."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from verification.clean_report import FileType
from verification.jobs.cleaning.images import clean_image
from verification.jobs.cleaning.output import Clean

CLEANERS: Final[Mapping[FileType, Clean]] = MappingProxyType(
    {
        FileType.JPEG: clean_image,
        FileType.PNG: clean_image,
        FileType.GIF: clean_image,
        FileType.WEBP: clean_image,
        FileType.TIFF: clean_image,
        FileType.BMP: clean_image,
    }
)
