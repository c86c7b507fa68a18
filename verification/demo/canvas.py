"""A picture being painted with shapes, its colours and its own chance. Must not know: what is painted."""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1200, 900

Colour = tuple[int, int, int]

SKY: Colour = (188, 210, 226)
GRASS: Colour = (122, 148, 84)
ASPHALT: Colour = (96, 96, 98)
CONCRETE: Colour = (176, 172, 164)
PAPER: Colour = (244, 241, 230)
INK: Colour = (58, 60, 70)
RED: Colour = (190, 48, 44)
BRICK: Colour = (164, 104, 84)
STEEL: Colour = (120, 132, 140)
WOOD: Colour = (150, 112, 72)
NIGHT: Colour = (26, 30, 44)


@dataclass(slots=True)
class Canvas:
    """A picture being painted, and its own chance."""

    image: Image.Image
    draw: ImageDraw.ImageDraw
    rng: random.Random

    def box(
        self, x: float, y: float, w: float, h: float, fill: Colour, outline: Colour | None = None
    ) -> None:
        """A rectangle from its upper left corner."""
        self.draw.rectangle((x, y, x + w, y + h), fill=fill, outline=outline, width=3)

    def disc(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        """An ellipse around its middle."""
        self.draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=fill)

    def near(self, value: float, spread: float) -> float:
        """About ``value``."""
        return value + self.rng.uniform(-spread, spread)

    def tint(self, colour: Colour, by: int = 12) -> Colour:
        """About ``colour``."""
        shift, odd = self.rng.randint(-by, by), by // 4
        red, green, blue = (max(0, min(255, part + shift + self.rng.randint(-odd, odd))) for part in colour)
        return red, green, blue
