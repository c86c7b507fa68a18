"""Scenes outdoors: roads, rivers, bridges, sites, fields. One function a scene; a scene knows no story."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFilter

from verification.demo.canvas import (
    ASPHALT,
    BRICK,
    CONCRETE,
    GRASS,
    HEIGHT,
    INK,
    NIGHT,
    RED,
    SKY,
    STEEL,
    WIDTH,
    WOOD,
    Canvas,
    Colour,
)


def _land(c: Canvas, *, horizon: int = 380, ground: Colour = GRASS) -> None:
    c.box(0, 0, WIDTH, horizon, c.tint(SKY))
    for index in range(4):
        top = c.near(horizon - 50 - 20 * index, 30)
        c.disc(c.near(300 * index, 120), top + 60, 360, 80, c.tint((112, 138, 120)))
    c.box(0, horizon, WIDTH, HEIGHT - horizon, c.tint(ground))


def _lane(c: Canvas, colour: Colour, *, lines: bool) -> None:
    _land(c)
    c.draw.polygon([(520, 380), (690, 380), (1130, 900), (60, 900)], fill=c.tint(colour, 8))
    if lines:
        for step in range(6):
            top = 400 + step * 84
            c.draw.polygon([(600, top), (608, top), (612, top + 44), (598, top + 44)], fill=(232, 230, 220))
    for step in range(5):
        x, y = 60 + step * 70, 400 + step * 90
        c.box(x, y - 130, 12, 150, WOOD)
        c.disc(x + 6, y - 160, 60, 70, c.tint((88, 120, 70)))


def broken_road(c: Canvas) -> None:
    _lane(c, ASPHALT, lines=False)
    for _ in range(7):
        x, y = c.near(600, 300), c.rng.uniform(520, 840)
        size = 24 + (y - 460) / 4
        c.disc(x, y, size * 1.7, size * 0.7, (70, 62, 54))
        c.disc(x + 5, y + 5, size * 1.3, size * 0.5, c.tint((112, 100, 82)))
    for _ in range(60):
        c.disc(c.near(600, 420), c.rng.uniform(450, 890), 4, 3, c.tint((140, 136, 126)))


def new_road(c: Canvas) -> None:
    _lane(c, (58, 58, 62), lines=True)
    c.box(980, 330, 10, 190, STEEL)
    c.disc(985, 320, 52, 52, (240, 240, 236))
    c.disc(985, 320, 42, 42, RED)
    c.disc(985, 320, 30, 30, (240, 240, 236))


def river(c: Canvas, water: Colour = (60, 62, 56), *, dirty: bool = True) -> None:
    _land(c, horizon=300)
    c.draw.polygon([(480, 300), (760, 300), (1180, 900), (140, 900)], fill=c.tint(water, 6))
    for _ in range(26):
        y = c.rng.uniform(340, 880)
        reach = (y - 260) * 0.6
        tone = (198, 196, 182) if dirty else (206, 224, 228)
        c.disc(620 + c.near(0, reach), y, c.near(26, 16), 4, c.tint(tone))
    if dirty:
        for _ in range(6):
            c.disc(620 + c.near(0, 200), c.rng.uniform(560, 860), 20, 6, (190, 192, 190))


def clean_river(c: Canvas) -> None:
    river(c, (92, 138, 150), dirty=False)


def outlet(c: Canvas) -> None:
    _land(c, horizon=220, ground=(116, 112, 84))
    c.disc(700, 470, 190, 190, (96, 94, 92))
    c.disc(700, 470, 140, 140, (30, 30, 32))
    c.draw.polygon([(600, 520), (800, 520), (900, 900), (430, 900)], fill=(52, 54, 48))
    for _ in range(20):
        c.disc(c.near(660, 130), c.rng.uniform(600, 880), 26, 8, c.tint((160, 158, 140)))


def bridge(c: Canvas, *, fenced: bool = False) -> None:
    _land(c, horizon=420)
    c.box(0, 620, WIDTH, 280, (104, 132, 142))
    c.box(0, 520, WIDTH, 90, CONCRETE)
    for arch in (200, 600, 1000):
        c.draw.pieslice((arch - 150, 540, arch + 150, 800), 180, 360, fill=(104, 132, 142))
    for post in range(0, WIDTH, 60):
        if 480 < post < 760 and not fenced:
            continue
        c.box(post, 430, 14, 90, STEEL)
    c.box(0, 440, 480, 10, STEEL)
    c.box(760, 440, 440, 10, STEEL)
    if fenced:
        for panel in range(6):
            c.box(460 + panel * 56, 400, 54, 120, (214, 84, 40) if panel % 2 else (236, 232, 220))


def fenced_bridge(c: Canvas) -> None:
    bridge(c, fenced=True)


def site(c: Canvas) -> None:
    _land(c, horizon=460, ground=(152, 132, 100))
    c.box(560, 60, 18, 500, (196, 160, 60))
    c.draw.line((570, 90, 1040, 150), fill=(196, 160, 60), width=10)
    for floor in range(4):
        c.box(120, 300 + floor * 70, 340, 16, CONCRETE)
        for post in range(6):
            c.box(130 + post * 62, 300 + floor * 70, 12, 70, (150, 146, 138))
    c.box(0, 560, WIDTH, 70, (196, 90, 60))
    for _ in range(40):
        x = c.near(600, 560)
        c.draw.line((x, 640, x + c.near(0, 12), 600), fill=(96, 140, 70), width=3)


def factory(c: Canvas, *, smoke: bool = False) -> None:
    _land(c, horizon=560, ground=CONCRETE)
    c.box(180, 320, 780, 300, c.tint((150, 158, 164)))
    for bay in range(5):
        left = 180 + bay * 156
        c.draw.polygon(
            [(left, 320), (left + 156, 320), (left + 156, 250), (left + 78, 320)], fill=(120, 128, 134)
        )
    c.box(860, 120, 60, 300, (140, 110, 96))
    if smoke:
        for puff in range(24):
            y = 120 - puff * 8
            c.disc(890 + puff * 14 + c.near(0, 30), y, 60 + puff * 3, 30 + puff, c.tint((206, 186, 130)))


def smoking_factory(c: Canvas) -> None:
    factory(c, smoke=True)


def truck(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, NIGHT)
    c.box(0, 640, WIDTH, 260, (54, 52, 50))
    c.box(420, 420, 520, 190, (196, 130, 40))
    c.draw.polygon([(420, 420), (940, 420), (860, 340), (500, 350)], fill=(120, 100, 74))
    c.box(260, 480, 170, 130, (60, 90, 130))
    for wheel in (330, 560, 820):
        c.disc(wheel, 630, 56, 56, (20, 20, 22))
    haze = Image.new("L", (WIDTH, HEIGHT), 0)
    pen = ImageDraw.Draw(haze)
    for _ in range(60):
        x, y, size = c.near(760, 420), c.near(600, 140), c.near(70, 40)
        pen.ellipse((x - size, y - size / 2, x + size, y + size / 2), fill=c.rng.randint(70, 150))
    dust = Image.new("RGB", (WIDTH, HEIGHT), (150, 136, 112))
    c.image.paste(dust, mask=haze.filter(ImageFilter.GaussianBlur(24)))


def field(c: Canvas, *, water: bool = False) -> None:
    _land(c, horizon=320, ground=(164, 146, 86))
    for ridge in range(14):
        y = 340 + ridge * 42
        c.draw.line((0, y + ridge * 4, WIDTH, y), fill=c.tint((120, 130, 70)), width=10)
    c.draw.polygon([(420, 320), (520, 320), (330, 900), (60, 900)], fill=c.tint(CONCRETE))
    fill = (110, 150, 160) if water else (146, 128, 100)
    c.draw.polygon([(445, 320), (500, 320), (270, 900), (130, 900)], fill=fill)


def canal(c: Canvas) -> None:
    field(c)
    c.box(600, 420, 220, 160, (116, 112, 104), outline=INK)
    c.disc(710, 500, 64, 64, (34, 34, 36))


def rubbish(c: Canvas) -> None:
    _land(c, horizon=420, ground=(130, 122, 100))
    for _ in range(160):
        x, y = c.near(620, 380), c.near(640, 130)
        c.box(x, y, c.near(46, 20), c.near(32, 14), c.tint((150, 140, 130), 60))
    c.draw.polygon([(300, 520), (940, 500), (1020, 640), (240, 660)], fill=(70, 120, 70))


def dark_street(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, NIGHT)
    c.draw.polygon([(540, 420), (660, 420), (1160, 900), (40, 900)], fill=(38, 38, 44))
    for step in range(6):
        x, y = 420 - step * 62, 440 + step * 60
        c.box(x, y - 220 - step * 24, 8, 240 + step * 24, (70, 72, 78))
        lit = step == 0
        c.disc(x + 20, y - 226 - step * 24, 16 + step * 3, 10, (250, 226, 150) if lit else (60, 60, 64))


def dam(c: Canvas) -> None:
    _land(c, horizon=300)
    c.draw.polygon([(100, 420), (1100, 420), (1180, 760), (20, 760)], fill=c.tint(CONCRETE))
    c.draw.polygon([(480, 420), (720, 420), (780, 760), (420, 760)], fill=(150, 144, 132))
    for bag in range(26):
        c.draw.rounded_rectangle(
            (500 + bag % 6 * 36, 560 + bag // 6 * 34, 540 + bag % 6 * 36, 590 + bag // 6 * 34), 10,
            fill=c.tint((214, 208, 186)),
        )  # fmt: skip
    c.box(0, 760, WIDTH, 140, (96, 118, 110))


def dug_up(c: Canvas) -> None:
    c.box(0, 0, WIDTH, 400, c.tint(BRICK))
    c.box(0, 400, WIDTH, 500, c.tint(CONCRETE))
    c.draw.polygon([(300, 520), (980, 480), (1060, 760), (240, 820)], fill=(92, 70, 50))
    c.draw.line((310, 700, 1020, 620), fill=(60, 62, 64), width=46)
    for _ in range(50):
        c.disc(c.near(640, 420), c.near(800, 60), c.near(30, 16), c.near(18, 8), c.tint((130, 104, 76)))
    for post in range(5):
        c.box(240 + post * 190, 440, 14, 130, (220, 120, 40))


def manhole(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint((148, 146, 142)))
    c.disc(600, 560, 420, 190, (84, 82, 66))
    c.disc(600, 520, 170, 90, (48, 48, 46))
    for bar in range(6):
        c.box(470 + bar * 44, 470, 16, 100, (30, 30, 30))


def plants(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint((150, 120, 88)))
    for row in range(4):
        for column in range(7):
            x, y = 120 + column * 160, 220 + row * 190
            dead = c.rng.random() < 0.5
            c.draw.line((x, y, x + c.near(0, 20), y - 120), fill=(110, 84, 54), width=8)
            for _ in range(5):
                tone = (150, 126, 70) if dead else (80, 130, 60)
                c.disc(c.near(x, 40), c.near(y - 100, 40), 22, 12, c.tint(tone))
