"""Clean images: what goes, what stays, and what is refused before it is decoded."""

from __future__ import annotations

import io
import itertools
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.support.cleaning import Made, cleaned
from tests.support.photographs import (
    MARKS,
    encoded,
    exif_with_everything,
    marks_in,
    photograph,
    picture,
    png_bomb,
    scan,
)
from verification.clean_report import FileType, PartRole, Reason, Removed
from verification.jobs.cleaning import images, page_pictures
from verification.jobs.cleaning.formats import CLEANERS
from verification.jobs.cleaning.output import NotCleaned
from verification.jobs.cleaning.sniffing import HEAD_BYTES, file_type_of

pytestmark = pytest.mark.slow

RED, BLUE = (220, 20, 20), (20, 20, 220)


def reread(clean: Made) -> Image.Image:
    image = Image.open(io.BytesIO(clean.encoded))
    image.load()
    return image


def grey(image: Image.Image, at: tuple[int, int]) -> int:
    return image.tobytes()[at[1] * image.width + at[0]]


def looks_like(colour: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(int(one) - two) < 40 for one, two in zip(colour, wanted, strict=False))


def test_photograph_with_everything_is_clean_of_everything() -> None:
    original = photograph()
    assert marks_in(original) == set(MARKS)
    clean = cleaned(original)
    assert marks_in(clean.encoded) == set()
    image = reread(clean)
    assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (320, 240), {})
    assert set(image.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_photograph_with_everything_names_every_kind_removed() -> None:
    assert set(cleaned(photograph()).removed) == {
        Removed.POSITION, Removed.DEVICE, Removed.TIME, Removed.AUTHOR, Removed.COMMENTS, Removed.SOFTWARE,
        Removed.COLOUR_PROFILE, Removed.TRAILING_BYTES,
    }  # fmt: skip


def test_photograph_with_nothing_names_nothing() -> None:
    assert cleaned(encoded("JPEG")).removed == ()


def test_segments_of_a_clean_jpeg_are_those_of_the_picture_alone() -> None:
    def segments(content: bytes) -> set[int]:
        found, at = set(), 2
        while content[at + 1] != 0xDA:
            found.add(content[at + 1])
            at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
        return found

    assert {0xE1, 0xE2, 0xFE} <= segments(photograph())  # EXIF and XMP, ICC, comment
    assert segments(cleaned(photograph()).encoded) <= {0xE0, 0xDB, 0xC0, 0xC4}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_to_the_pixels(orientation: int) -> None:
    # Red is the corner that a viewer of the original shows first in the file's own order.
    shown_at = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}
    image = reread(cleaned(photograph(orientation=orientation)))
    assert image.size == ((320, 240) if orientation < 5 else (240, 320))
    right, low = shown_at[orientation]
    x, y = (image.width - 5 if right else 5), (image.height - 5 if low else 5)
    assert looks_like(image.getpixel((x, y)), RED)
    assert looks_like(image.getpixel((image.width - 1 - x, image.height - 1 - y)), BLUE)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "GIF", "BMP", "HEIF", "AVIF"])
def test_other_formats_are_clean_of_metadata(form: str) -> None:
    options: dict[str, object] = {} if form in ("BMP", "GIF") else {"exif": exif_with_everything()}
    if form == "GIF":
        options["comment"] = MARKS["comment"]
    original = encoded(form, **options)
    clean = cleaned(original)
    assert (marks_in(original) != set()) == (form != "BMP")
    assert marks_in(clean.encoded) == set()
    image = reread(clean)
    assert (image.size, dict(image.getexif())) == ((64, 48), {})
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_text_chunks_of_a_png_are_removed() -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Author", MARKS["artist"])
    info.add_itxt("Comment", MARKS["comment"], zip=True)
    original = encoded("PNG", pnginfo=info)
    clean = cleaned(original)
    assert marks_in(original) == {"artist"}
    assert b"tEXt" not in clean.encoded
    assert b"iTXt" not in clean.encoded
    assert set(clean.removed) == {Removed.AUTHOR, Removed.COMMENTS}


def test_thumbnail_in_the_exif_is_removed_and_named(shared_attachments: Path) -> None:
    content = (shared_attachments / "images" / "gps-DSCN0010.jpg").read_bytes()
    clean = cleaned(content)
    assert {Removed.THUMBNAIL, Removed.POSITION, Removed.DEVICE} <= set(clean.removed)
    assert content.count(b"\xff\xd8\xff") == 2
    assert clean.encoded.count(b"\xff\xd8\xff") == 1


def test_wide_colours_are_turned_into_srgb() -> None:
    image = picture(64, 48)
    # A profile in which the same numbers mean other colours: its gamma is 1.
    from PIL import ImageCms

    profile = ImageCms.createProfile("XYZ")
    out = io.BytesIO()
    image.save(out, "JPEG", icc_profile=ImageCms.ImageCmsProfile(profile).tobytes())
    clean = cleaned(out.getvalue())
    assert Removed.COLOUR_PROFILE in clean.removed
    assert "icc_profile" not in reread(clean).info


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_a_png_keeps_its_picture(mode: str) -> None:
    image = picture(64, 48, mode="L") if mode == "I;16" else picture(64, 48, mode=mode)
    if mode == "I;16":
        image = image.convert("I").point(lambda value: value * 257).convert("I;16")
    out = io.BytesIO()
    image.save(out, "PNG")
    clean = reread(cleaned(out.getvalue())).convert("L")
    wanted = picture(64, 48, mode=mode if mode in ("1", "P") else "L").convert("L")
    spots = list(itertools.product((3, 32, 60), (3, 24, 44)))
    assert all(abs(grey(clean, at) - grey(wanted, at)) < 12 for at in spots)


def test_transparency_is_kept_and_the_thumbnail_lies_on_white() -> None:
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    clean = cleaned(out.getvalue())
    assert reread(clean).getpixel((20, 20)) == (0, 0, 0, 0)
    small = Image.open(io.BytesIO(clean.outcome.thumbnail))
    assert looks_like(small.getpixel((20, 20)), (255, 255, 255))


def test_scan_of_several_pages_is_shown_page_by_page() -> None:
    original = scan(pages=3)
    clean = cleaned(original)
    assert marks_in(original) == {"artist", "description"}
    assert marks_in(clean.content) == set()
    assert (clean.outcome.frames_total, clean.outcome.frames_kept) == (3, 3)
    assert clean.copy.media_type == "application/pdf"
    pages = [Image.open(io.BytesIO(page)) for page in clean.of(PartRole.PAGE)]
    assert [(page.size, page.mode) for page in pages] == [((100, 140), "L")] * 3


def test_scan_with_more_pages_than_are_kept_says_how_many_there_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_pictures, "MAX_PAGES", 2)
    clean = cleaned(scan(pages=5))
    assert (clean.outcome.frames_total, clean.outcome.frames_kept) == (5, 2)
    assert len(clean.of(PartRole.PAGE)) == 2


def test_animation_keeps_its_pictures_up_to_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.new("RGB", (20, 20), (value, 0, 0)) for value in range(0, 250, 25)]
    out = io.BytesIO()
    frames[0].save(
        out, "GIF", save_all=True, append_images=frames[1:], duration=120, comment=MARKS["comment"]
    )
    clean = cleaned(out.getvalue())
    assert clean.copy.media_type == "image/webp"
    assert (clean.outcome.frames_total, clean.outcome.frames_kept) == (10, 10)
    assert getattr(reread(clean), "n_frames", 1) == 10
    monkeypatch.setattr(images, "MAX_ANIMATION_PIXELS", 20 * 20 * 4)
    clean = cleaned(out.getvalue())
    assert (clean.outcome.frames_total, clean.outcome.frames_kept) == (10, 4)
    assert marks_in(clean.encoded) == set()


def test_second_picture_inside_a_jpeg_is_dropped() -> None:
    other = picture(640, 480)
    out = io.BytesIO()
    picture(320, 240).save(out, "MPO", save_all=True, append_images=[other])
    assert out.getvalue().count(b"\xff\xd8\xff") == 2
    clean = cleaned(out.getvalue())
    assert clean.encoded.count(b"\xff\xd8\xff") == 1
    assert Removed.EMBEDDED in clean.removed
    assert (clean.copy.width, clean.outcome.frames_total) == (320, 1)


def test_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = png_bomb(width=12_000, height=12_000)
    assert len(bomb) < 200_000
    with pytest.raises(NotCleaned, match=Reason.TOO_MANY_PIXELS):
        cleaned(bomb)


@pytest.mark.parametrize(("more", "refused"), [(-1, False), (0, False), (1, True)])
def test_pixel_bound_is_exact(monkeypatch: pytest.MonkeyPatch, more: int, refused: bool) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 64 * 48 - more)
    if refused:
        with pytest.raises(NotCleaned, match=Reason.TOO_MANY_PIXELS):
            cleaned(encoded("PNG"))
    else:
        assert cleaned(encoded("PNG")).copy.width == 64


def test_large_jpeg_is_scaled_down_while_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 200 * 150)
    clean = cleaned(photograph(width=640, height=480))
    assert (clean.copy.width, clean.copy.height) == (160, 120)
    assert looks_like(reread(clean).getpixel((5, 5)), RED)


@pytest.mark.parametrize(
    "content",
    [b"\xff\xd8\xff", photograph(trailing=False)[:-500], encoded("PNG")[:-30], b"GIF89a" + bytes(40)],
    ids=["three bytes", "jpeg cut short", "png cut short", "gif of zeros"],
)
def test_broken_image_is_refused_as_broken(content: bytes) -> None:
    with pytest.raises(NotCleaned, match=Reason.BROKEN):
        cleaned(content)


@given(st.binary(max_size=400), st.sampled_from(sorted(CLEANERS)))
def test_garbage_is_broken_and_nothing_else(content: bytes, file_type: FileType) -> None:
    try:
        cleaned(content, file_type=file_type)
    except NotCleaned:
        return


@given(st.integers(min_value=0, max_value=8000), st.binary(min_size=1, max_size=40))
def test_damaged_photograph_is_cleaned_or_refused(at: int, damage: bytes) -> None:
    original = bytearray(photograph(trailing=False))
    original[at : at + len(damage)] = damage
    try:
        clean = cleaned(bytes(original))
    except NotCleaned:
        return
    assert marks_in(clean.encoded) == set()


def test_large_picture_has_a_copy_that_fits_a_screen_and_nothing_else() -> None:
    clean = cleaned(encoded_noise(2400, 1800))
    (small,) = clean.of(PartRole.SCREEN)
    assert Image.open(io.BytesIO(small)).size == (1600, 1200)
    assert dict(Image.open(io.BytesIO(small)).getexif()) == {}
    assert [(part.width, part.height) for part in clean.parts] == [(2400, 1800), (1600, 1200)]
    assert sum(part.length for part in clean.parts) == len(clean.content)


def encoded_noise(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((width, height), 60).save(out, "JPEG", exif=exif_with_everything())
    return out.getvalue()


def test_thumbnail_is_small_and_has_no_metadata() -> None:
    clean = cleaned(photograph(width=1600, height=1200))
    small = Image.open(io.BytesIO(clean.outcome.thumbnail))
    assert (small.format, max(small.size)) == ("JPEG", 320)
    assert dict(small.getexif()) == {}
    assert len(clean.outcome.thumbnail) < 40_000


def test_every_shared_image_is_clean_in_the_eyes_of_another_reader(
    shared_attachments: Path, tmp_path: Path
) -> None:
    """Pillow wrote the copies; ExifTool, where a machine has it, reads them with parsers of its own."""
    written = 0
    for path in sorted((shared_attachments / "images").iterdir()):
        content = path.read_bytes()
        if file_type_of(content[:HEAD_BYTES]) in CLEANERS:
            clean = cleaned(content)
            (tmp_path / f"{path.name}.{clean.copy.media_type.removeprefix('image/')}").write_bytes(
                clean.encoded
            )
            assert dict(reread(clean).getexif()) == {}
            written += 1
    assert written >= 15
    if exiftool := shutil.which("exiftool"):
        groups = _groups(exiftool, tmp_path)
        assert groups <= {"ExifTool", "System", "File", "JFIF", "PNG", "RIFF", "Composite"}
        assert {"GPS", "IFD0", "ExifIFD"} <= _groups(exiftool, shared_attachments / "images")


def _groups(exiftool: str, folder: Path) -> set[str]:
    """Which families of metadata ExifTool finds in a folder."""
    found = subprocess.run(
        (exiftool, "-a", "-G1", "-s", "-q", "-q", str(folder)), capture_output=True, text=True, check=False
    )
    return {line[1:].split("]")[0] for line in found.stdout.splitlines() if line.startswith("[")}
