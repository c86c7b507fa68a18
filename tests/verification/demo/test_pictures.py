"""The demo's pictures: each scene is one, each is its own, and each carries what a phone leaves in it."""

from __future__ import annotations

import io
import wave
from datetime import datetime

import pytest
from PIL import ExifTags, Image

from verification.demo.pictures import Album, Shot, take
from verification.demo.scenes import SCENES, paint
from verification.demo.stories import read_stories

pytestmark = pytest.mark.slow

TAKEN_AT = datetime(2026, 2, 27, 8, 5, 9)  # noqa: DTZ001  # EXIF knows no zone


def test_photograph_tells_where_when_and_with_what_it_was_taken() -> None:
    content = take(Shot("pothole", 3, TAKEN_AT, "qingxi", "清溪镇柳树湾村 手机原图"))
    image = Image.open(io.BytesIO(content))
    exif = image.getexif()
    position = exif.get_ifd(ExifTags.IFD.GPSInfo)
    degrees = [float(part) for part in position[ExifTags.GPS.GPSLatitude]]
    assert 31.17 < degrees[0] + degrees[1] / 60 + degrees[2] / 3600 < 31.20
    assert exif[ExifTags.Base.Make]
    assert exif[ExifTags.Base.Model]
    details = exif.get_ifd(ExifTags.IFD.Exif)
    assert details[ExifTags.Base.DateTimeOriginal] == "2026:02:27 08:05:09"
    comment = details[ExifTags.Base.UserComment]
    assert comment.removeprefix(b"UNICODE\0").decode("utf-16-be") == "清溪镇柳树湾村 手机原图"


def test_scan_has_no_position() -> None:
    image = Image.open(io.BytesIO(take(Shot("sheet", 1, TAKEN_AT, "qingxi", "表"))))
    assert dict(image.getexif().get_ifd(ExifTags.IFD.GPSInfo)) == {}


def test_voice_is_a_recording() -> None:
    shot = Shot("voice", 1, TAKEN_AT, "qingxi", "")
    with wave.open(io.BytesIO(take(shot))) as file:
        assert file.getnframes() > file.getframerate()
    assert shot.file_name.endswith(".wav")


#: One scene of each painter.
PAINTED = {painter.__name__: scene for scene, (painter, _base) in SCENES.items()}


@pytest.mark.parametrize("scene", PAINTED.values(), ids=PAINTED)
def test_scene_is_painted_anew_for_each_picture(scene: str) -> None:
    first, other = (paint(scene, seed=seed).resize((60, 45)) for seed in (1, 2))
    assert len(first.getcolors(60 * 45) or ()) > 30
    assert first.tobytes() != other.tobytes()


def test_every_picture_a_story_names_can_be_taken() -> None:
    tips, cases = read_stories(small=False)
    named = {scene for tip in tips for scene in tip.files}
    named |= {scene for tip in tips for act in tip.acts for scene in act.files}
    named |= {scene for case in cases for record in case.records for scene, _note in record.photos}
    named |= {scene for case in cases for item in case.items for one in item.reports for scene in one.photos}
    assert len(named) > 30
    album = Album()
    for scene in sorted(named):
        album.ask(scene, day=TAKEN_AT.date(), town="", comment="")
    with pytest.raises(ValueError, match="no such scene"):
        album.ask("unicorn", day=TAKEN_AT.date(), town="", comment="")
