"""Which cleaner takes which type of file. The one table; a type that is not in it is "original only"."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from verification.clean_report import FileType
from verification.jobs.cleaning.archives import list_archive
from verification.jobs.cleaning.images import clean_image
from verification.jobs.cleaning.media import clean_recording
from verification.jobs.cleaning.output import Clean
from verification.jobs.cleaning.pages import clean_pdf
from verification.jobs.cleaning.tarballs import list_tarball
from verification.jobs.cleaning.text import clean_text

CLEANERS: Final[Mapping[FileType, Clean]] = MappingProxyType(
    {
        FileType.JPEG: clean_image,
        FileType.PNG: clean_image,
        FileType.GIF: clean_image,
        FileType.WEBP: clean_image,
        FileType.TIFF: clean_image,
        FileType.BMP: clean_image,
        FileType.HEIC: clean_image,
        FileType.AVIF: clean_image,
        FileType.PDF: clean_pdf,
        FileType.VIDEO: clean_recording,
        FileType.AUDIO: clean_recording,
        FileType.TEXT: clean_text,
        FileType.ZIP: list_archive,
        FileType.TAR: list_tarball,
    }
)
