"""Every scene a story may name, and how one becomes a picture: a little soft and grainy, like a phone's.

Owns: the names of scenes. No writing in them but figures, so that no font is needed. Must not know: files,
positions, stories. A scene is the same for the same ``seed``, but for its grain.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from verification.demo import outdoors, things
from verification.demo.canvas import (
    BRICK,
    CONCRETE,
    GRASS,
    HEIGHT,
    INK,
    NIGHT,
    PAPER,
    SKY,
    WIDTH,
    WOOD,
    Canvas,
    Colour,
)

#: Half of a phone's resolution: enough to see what it is, quick to draw and to clean.
SIZE = (960, 720)


def paint(scene: str, *, seed: int) -> Image.Image:
    """A scene by name, in ``SIZE``. KeyError for an unknown one."""
    painter, base = SCENES[scene]
    rng = random.Random(f"{scene}/{seed}")  # noqa: S311  # a drawing, not a secret
    image = Image.new("RGB", (WIDTH, HEIGHT), base)
    canvas = Canvas(image, ImageDraw.Draw(image), rng)
    painter(canvas)
    soft = image.resize(SIZE, Image.Resampling.BILINEAR)
    grain = Image.effect_noise((SIZE[0] // 2, SIZE[1] // 2), 26).resize(SIZE, Image.Resampling.NEAREST)
    return Image.blend(soft, grain.convert("RGB"), 0.07)


Painter = Callable[[Canvas], None]

#: Every scene a story may name: who paints it, on what.
SCENES: dict[str, tuple[Painter, Colour]] = {
    "pothole": (outdoors.broken_road, SKY),
    "road": (outdoors.broken_road, SKY),
    "newroad": (outdoors.new_road, SKY),
    "river": (outdoors.river, SKY),
    "cleanriver": (outdoors.clean_river, SKY),
    "pipe": (outdoors.outlet, SKY),
    "bridge": (outdoors.bridge, SKY),
    "fence": (outdoors.fenced_bridge, SKY),
    "crack": (things.crack, CONCRETE),
    "sheet": (things.paper, WOOD),
    "permit": (things.paper, WOOD),
    "scan": (things.paper, WOOD),
    "forms": (things.table_sheet, WOOD),
    "attendance": (things.table_sheet, WOOD),
    "letter": (things.letter, WOOD),
    "iou": (things.iou, WOOD),
    "receipt": (things.receipt, INK),
    "notice": (things.notice_board, BRICK),
    "queue": (things.notice_board, CONCRETE),
    "house": (things.house, SKY),
    "roof": (things.house, SKY),
    "lift": (things.lift, PAPER),
    "storage": (things.storage, CONCRETE),
    "site": (outdoors.site, SKY),
    "stall": (things.stall, SKY),
    "factory": (outdoors.factory, SKY),
    "farm": (outdoors.factory, SKY),
    "smoke": (outdoors.smoking_factory, SKY),
    "water": (things.glass, PAPER),
    "bottle": (things.glass, PAPER),
    "gas": (things.cylinders, INK),
    "dust": (outdoors.truck, NIGHT),
    "van": (outdoors.truck, NIGHT),
    "spray": (outdoors.truck, NIGHT),
    "stone": (outdoors.truck, NIGHT),
    "field": (outdoors.field, SKY),
    "canal": (outdoors.canal, SKY),
    "phone": (things.phone, INK),
    "garbage": (outdoors.rubbish, SKY),
    "canteen": (things.tray, WOOD),
    "streetlight": (outdoors.dark_street, NIGHT),
    "scales": (things.scales, GRASS),
    "dam": (outdoors.dam, SKY),
    "shop": (things.shop, SKY),
    "shelf": (things.shop, PAPER),
    "dig": (outdoors.dug_up, BRICK),
    "wire": (outdoors.dug_up, BRICK),
    "well": (outdoors.manhole, CONCRETE),
    "sewer": (outdoors.manhole, CONCRETE),
    "toilet": (outdoors.manhole, BRICK),
    "parking": (outdoors.new_road, SKY),
    "seedlings": (outdoors.plants, BRICK),
}
