"""Office documents that tests make themselves: text, and marks where authors, remarks and changes lie."""

from __future__ import annotations

from tests.support.documents import zip_of
from tests.support.photographs import MARKS

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = "application/vnd.openxmlformats-package.relationships+xml"
_PARTS = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def docx_of(*lines: str, text: str = "", before: bytes = b"", marked: bool = False) -> bytes:
    """A letter of these lines, or of one ``text``. before: its root element.  marked: all that hides."""
    added = (
        f"<w:p><w:ins w:id='1' w:author='{MARKS['artist']}'><w:r><w:t>new</w:t></w:r></w:ins>"
        "<w:commentReference w:id='0'/></w:p>"
    )
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in (lines or (text,)))
    document = f"<w:document xmlns:w='{_WORD}'><w:body>{body}{added if marked else ''}</w:body></w:document>"
    types = (
        f"<Types xmlns='{_PACKAGE}/content-types'>"
        f"<Default Extension='rels' ContentType='{_RELS}'/>"
        f"<Override PartName='/word/document.xml' ContentType='{_PARTS}.document.main+xml'/>"
        f"<Override PartName='/word/comments.xml' ContentType='{_PARTS}.comments+xml'/></Types>"
    )
    links = (
        f"<Relationships xmlns='{_PACKAGE}/relationships'><Relationship Id='r1' Target='word/document.xml' "
        f"Type='{_DOCUMENT}/officeDocument'/></Relationships>"
    )
    files = {
        "[Content_Types].xml": types.encode(),
        "_rels/.rels": links.encode(),
        "word/document.xml": before + document.encode(),
    }
    return zip_of(files | (_hidden() if marked else {}))


def _hidden() -> dict[str, bytes]:
    remark = (
        f"<w:comments xmlns:w='{_WORD}'><w:comment w:id='0' w:author='{MARKS['artist']}'><w:p><w:r><w:t>"
        f"{MARKS['comment']}</w:t></w:r></w:p></w:comment></w:comments>"
    )
    links = (
        f"<Relationships xmlns='{_PACKAGE}/relationships'><Relationship Id='c' Target='comments.xml' "
        f"Type='{_DOCUMENT}/comments'/></Relationships>"
    )
    said = (
        f"<cp:coreProperties xmlns:cp='{_PACKAGE}/metadata/core-properties' "
        f"xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:creator>{MARKS['artist']}</dc:creator>"
        "</cp:coreProperties>"
    )
    return {
        "word/comments.xml": remark.encode(),
        "word/_rels/document.xml.rels": links.encode(),
        "docProps/core.xml": said.encode(),
        "docProps/thumbnail.jpeg": MARKS["trailing"].encode(),
        "word/embeddings/oleObject1.bin": MARKS["xmp"].encode(),
    }
