"""Documents and archives that tests make themselves, with marks planted where metadata lies."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from tests.support.photographs import MARKS, picture
from verification.jobs.cleaning.image_pdf import ImagePdf


def pdf_of(pages: int, *, width: int = 100) -> bytes:
    """A document whose pages can be told apart by their width: each ten points wider than the one before."""
    out = io.BytesIO()
    pdf = ImagePdf(out.write)
    for number in range(pages):
        page, across = io.BytesIO(), width + 10 * number
        picture(across, 140).save(page, "JPEG")
        pdf.page(page.getvalue(), width=across, height=140, points=(across, 140), grey=False)
    pdf.finish()
    return out.getvalue()


def pdf_by_hand(*, count: int = 1, kids: str = "3 0 R", size: str = "0 0 200 100", info: str = "") -> bytes:
    """One page drawn by hand, in a page tree that may claim what it likes. info: of the document."""
    drawing = b"1 0 0 rg 20 20 60 60 re f"
    return _numbered([
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {count}/Kids[{kids}]>>".encode(),
        f"<</Type/Page/Parent 2 0 R/MediaBox[{size}]/Contents 4 0 R/Resources<<>>/Annots[5 0 R]>>".encode(),
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawing), drawing),
        f"<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents({MARKS['comment']})>>".encode(),
        f"<<{info}>>".encode(),
    ])  # fmt: skip


def pdf_of_borrowed_letters(text: str) -> bytes:
    """One line in a Chinese font that the document does not bring along."""
    drawing = f"BT /F1 40 Tf 10 30 Td <{text.encode('utf-16-be').hex()}> Tj ET".encode()
    return _numbered([
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawing), drawing),
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[7 0 R]>>",
        b"<<>>",
        (b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/FontDescriptor 8 0 R"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>>>"),
        (b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 4/ItalicAngle 0/Ascent 880/Descent -120"
        b"/CapHeight 880/StemV 80/FontBBox[0 -120 1000 880]>>"),
    ])  # fmt: skip


def _numbered(objects: list[bytes]) -> bytes:
    """A document of these objects; the first is its catalogue, the sixth what it says of itself."""
    out, offsets = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, content in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = f"trailer<</Size {len(objects) + 1}/Root 1 0 R/Info 6 0 R>>\nstartxref\n{start}\n%%EOF\n"
    out.write(trailer.encode())
    return out.getvalue()


def pdf_with_everything() -> bytes:
    """An author, a title, a program, a date and a remark."""
    return pdf_by_hand(
        info=f"/Author({MARKS['artist']})/Title({MARKS['description']})/Creator({MARKS['software']})"
        "/CreationDate(D:20260302093000)"
    )


def zip_of(names: Mapping[str, bytes]) -> bytes:
    """An archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as writing:
        for name, content in names.items():
            writing.writestr(name, content)
    return out.getvalue()


def zip_bomb() -> bytes:
    """Some kilobytes that claim to become ten gigabytes."""
    archive = bytearray(zip_of({f"{number}.bin": b"x" * 100 for number in range(10)}))
    claimed = (1_000_000_000).to_bytes(4, "little")
    at = archive.find(b"PK\x01\x02")
    while at >= 0:
        archive[at + 24 : at + 28] = claimed
        at = archive.find(b"PK\x01\x02", at + 4)
    return bytes(archive)
