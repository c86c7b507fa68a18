"""Scenes of things: papers, boards, houses, lifts, counters. One function a scene; a scene knows no story."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from verification.demo.canvas import BRICK, CONCRETE, HEIGHT, INK, PAPER, RED, SKY, STEEL, WIDTH, WOOD, Canvas


def crack(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint(CONCRETE))
    x, y = 180.0, 40.0
    points = [(x, y)]
    while y < 880:
        x, y = x + c.near(40, 60), y + c.rng.uniform(30, 70)
        points.append((x, y))
    c.draw.line(points, fill=(40, 38, 36), width=16)
    c.box(760, 120, 60, 640, (236, 232, 190), outline=INK)
    for mark in range(33):
        c.box(760, 120 + mark * 20, 40 if mark % 5 == 0 else 20, 2, INK)


def paper(c: Canvas, *, columns: int = 4, rows: int = 14, stamp: bool = True) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint(WOOD))
    tilt = c.near(0, 2.5)
    sheet = Image.new("RGB", (600, 850), c.tint(PAPER, 5))
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((150, 46, 450, 78), fill=INK)
    for row in range(rows):
        top = 130 + row * 42
        for column in range(columns):
            left = 54 + column * (500 // columns)
            width = c.rng.randint(30, 500 // columns - 16)
            pen.rectangle((left, top, left + width, top + 12), fill=c.tint((110, 112, 118)))
        pen.line((48, top + 27, 552, top + 27), fill=(190, 188, 178), width=2)
    if stamp:
        pen.ellipse((380, 660, 540, 820), outline=RED, width=8)
        pen.regular_polygon((460, 740, 40), 5, fill=RED)
    font = ImageFont.load_default(28)
    pen.text((54, 790), f"No. {c.rng.randint(1000, 9999):04d}", fill=INK, font=font)
    c.image.paste(sheet.rotate(tilt, expand=True, fillcolor=WOOD), (290, 10))


def receipt(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint((94, 100, 106)))
    c.draw.polygon([(380, 60), (830, 70), (820, 850), (390, 860)], fill=PAPER)
    font = ImageFont.load_default(58)
    c.draw.text((440, 120), "360.00", fill=INK, font=font)
    for row in range(8):
        c.box(440, 240 + row * 50, c.rng.randint(150, 320), 16, (120, 122, 128))
    for cell in range(144):
        if c.rng.random() < 0.5:
            c.box(500 + cell % 12 * 16, 640 + cell // 12 * 16, 15, 15, INK)


def table_sheet(c: Canvas) -> None:
    paper(c, columns=6, rows=15, stamp=False)


def letter(c: Canvas) -> None:
    paper(c, columns=1, rows=13, stamp=False)


def iou(c: Canvas) -> None:
    paper(c, columns=2, rows=6)


def notice_board(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint(BRICK))
    c.box(160, 130, 880, 560, (72, 88, 80), outline=(210, 206, 190))
    for index in range(6):
        c.box(200 + index % 3 * 280, 170 + index // 3 * 260, 240, 220, c.tint(PAPER), outline=INK)
        for row in range(5):
            x, y = 226 + index % 3 * 280, 200 + index // 3 * 260 + row * 36
            c.box(x, y, c.rng.randint(80, 180), 12, (130, 130, 136))
    c.box(240, 700, 20, 200, STEEL)
    c.box(940, 700, 20, 200, STEEL)


def block(c: Canvas, *, damp: bool = False) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint(SKY))
    c.box(0, 780, WIDTH, 120, c.tint(CONCRETE))
    c.box(220, 80, 760, 720, c.tint((196, 186, 168)))
    for row in range(7):
        for column in range(6):
            lit = c.tint((150, 170, 184) if c.rng.random() < 0.8 else (236, 214, 150))
            c.box(260 + column * 118, 120 + row * 92, 80, 60, lit, outline=(120, 116, 108))
    c.box(540, 700, 120, 100, (86, 92, 98))
    if damp:
        c.disc(420, 640, 160, 120, (148, 132, 110))
        c.disc(470, 700, 100, 70, (120, 104, 84))


def house(c: Canvas) -> None:
    block(c, damp=True)


def lift(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint((206, 200, 188)))
    for door in (330, 650):
        c.box(door, 160, 250, 640, STEEL, outline=(70, 78, 84))
        c.box(door + 122, 160, 6, 640, (80, 88, 94))
    c.box(600, 300, 40, 90, INK)
    c.disc(620, 330, 10, 10, RED)
    c.box(390, 380, 420, 120, (240, 226, 120), outline=RED)
    c.draw.line((400, 390, 800, 490), fill=RED, width=12)
    c.draw.line((800, 390, 400, 490), fill=RED, width=12)


def storage(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint((142, 138, 130)))
    c.box(60, 100, 500, 700, c.tint((170, 166, 158)))
    c.box(640, 180, 480, 620, (92, 96, 92))
    for row in range(5):
        for column in range(5):
            size = c.near(80, 10)
            c.box(
                650 + column * 90, 240 + row * 108, size, size, c.tint((186, 150, 100)), outline=(120, 92, 60)
            )


def stall(c: Canvas) -> None:
    c.box(0, 0, WIDTH, 500, c.tint((176, 168, 154)))
    c.box(0, 500, WIDTH, 400, c.tint((128, 124, 118)))
    c.draw.polygon([(160, 260), (700, 260), (780, 380), (90, 380)], fill=c.tint((196, 60, 56)))
    c.box(140, 560, 560, 26, WOOD)
    for leg in (160, 660):
        c.box(leg, 586, 20, 190, WOOD)
    for bowl in range(6):
        c.disc(200 + bowl * 90, 548, 34, 14, (240, 236, 226))
        c.disc(200 + bowl * 90, 544, 26, 8, c.tint((210, 150, 80)))
    c.disc(880, 700, 90, 40, (60, 60, 62))


def glass(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint((210, 206, 198)))
    for left, tone in ((300, (172, 138, 84)), (640, (196, 168, 110))):
        c.draw.polygon(
            [(left, 160), (left + 240, 160), (left + 212, 800), (left + 28, 800)], fill=(232, 238, 240)
        )
        c.draw.polygon(
            [(left + 8, 300), (left + 232, 300), (left + 210, 792), (left + 30, 792)], fill=c.tint(tone)
        )
        for _ in range(30):
            c.disc(left + c.near(120, 84), c.near(760, 26), 6, 4, (110, 82, 46))


def cylinders(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint((64, 60, 60)))
    c.box(0, 740, WIDTH, 160, (92, 86, 82))
    for index in range(5):
        left = 120 + index * 200
        c.box(left, 380, 150, 380, c.tint((170, 174, 172)))
        c.disc(left + 75, 380, 75, 50, c.tint((170, 174, 172)))
        c.box(left + 55, 300, 40, 50, (80, 82, 84))
        c.box(left + 20, 520, 110, 50, RED)


def phone(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint((88, 84, 92)))
    c.box(420, 40, 380, 820, (30, 30, 34))
    c.box(440, 80, 340, 740, (236, 236, 238))
    for bubble in range(8):
        own = bubble % 3 == 2
        left = 560 if own else 480
        c.disc(left - 44 if not own else 756, 130 + bubble * 84, 20, 20, c.tint((160, 140, 120)))
        c.box(
            left, 104 + bubble * 84, c.rng.randint(110, 170), 50, (150, 214, 130) if own else (252, 252, 252)
        )


def tray(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint((150, 120, 92)))
    c.draw.rounded_rectangle((220, 160, 980, 760), radius=60, fill=(206, 210, 212))
    for x, y, tone in ((430, 340, (244, 240, 228)), (770, 340, (120, 150, 70)), (430, 590, (186, 120, 70))):
        c.draw.rounded_rectangle((x - 150, y - 110, x + 150, y + 110), radius=30, fill=(184, 188, 190))
        c.disc(x, y, 120, 84, c.tint(tone))
    c.disc(770, 590, 80, 60, (230, 180, 90))
    c.disc(470, 330, 12, 5, (30, 26, 24))


def scales(c: Canvas) -> None:
    c.box(0, 0, WIDTH, HEIGHT, c.tint((130, 150, 120)))
    c.box(300, 420, 600, 260, (220, 220, 216), outline=(120, 120, 118))
    c.disc(600, 410, 330, 46, (190, 192, 194))
    c.box(400, 500, 240, 90, (30, 40, 32))
    c.draw.text(
        (420, 516), f"0.{c.rng.randint(300, 480)}", fill=(140, 230, 150), font=ImageFont.load_default(60)
    )
    for fruit in range(6):
        c.disc(440 + fruit * 64, 376, 36, 34, c.tint((214, 120, 50)))


def shop(c: Canvas) -> None:
    c.box(0, 0, WIDTH, 620, c.tint((188, 178, 160)))
    c.box(0, 620, WIDTH, 280, c.tint((140, 138, 134)))
    c.box(200, 180, 800, 110, c.tint((186, 50, 50)))
    c.box(240, 320, 720, 300, (150, 168, 176), outline=(90, 96, 100))
    for row in range(3):
        for item in range(11):
            c.box(270 + item * 62, 344 + row * 90, 44, 66, c.tint((190, 150, 110), 50))
