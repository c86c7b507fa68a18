"""What a journey plants, to be searched for afterwards: a word in every text, bytes in every picture.

Must not know: where the texts go.
"""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass, field

from PIL import Image

from portal.crypto.receipt import Receipt
from tests.support.photographs import LATITUDE, LONGITUDE, exif_with_everything, picture

#: The citizen's machine: an address of this one that nothing else here connects from.
CITIZEN_ADDRESS = "127.77.66.55"
_LETTERS = "abcdefghjkmnpqrstuvwxyz"


@dataclass
class Marks:
    """Markers by name. ``text("statement", "…")`` gives the sentence with its marker in it.

    Every word of a run ends alike, so that one search finds them all; only then is it asked which it was.
    """

    planted: dict[str, bytes] = field(default_factory=dict)
    #: Short enough for the office's own look at copied wording, which would rightly find it in a brief.
    ending: str = field(default_factory=lambda: "".join(secrets.choice(_LETTERS) for _ in range(12)))

    def text(self, name: str, sentence: str) -> str:
        """A sentence that says where it was typed, by a word that occurs nowhere else."""
        word = f"暗记{name}{self.ending}"
        self.planted[f"text {name}"] = word.encode()
        return f"{sentence}{word}。"

    def file_name(self, name: str) -> str:
        """A file's name that occurs nowhere else."""
        word = f"{name}-file{self.ending}"
        self.planted[f"name of {name}"] = word.encode()
        return f"{word}.jpg"

    def photograph(self, name: str) -> bytes:
        """A JPEG of its own with a position, a device and an author; its pixels are noise nobody else has."""
        image = picture(640, 480)
        noise = Image.frombytes("RGB", (200, 200), secrets.token_bytes(120_000))
        image.paste(noise, (220, 140))
        author = f"{name}by{self.ending}"
        exif = exif_with_everything()
        exif[0x013B] = author
        out = io.BytesIO()
        image.save(out, "JPEG", quality=92, exif=exif, comment=f"about{author}")
        content = out.getvalue()
        self.planted[f"author of {name}"] = author.encode()
        self.planted[f"comment of {name}"] = f"about{author}".encode()
        self.content(name, content)
        return content

    def content(self, name: str, content: bytes) -> None:
        """Some bytes from the middle of a file."""
        middle = len(content) // 2
        self.planted[f"bytes of {name}"] = content[middle : middle + 32]

    def receipt(self, receipt: str) -> None:
        """A receipt in the ways it could have been kept."""
        self.planted["receipt"] = receipt.encode()
        self.planted["secret of the receipt"] = Receipt.parse(receipt)._secret
        self.planted["receipt without dashes"] = receipt.replace("-", "").encode()
        self.planted["receipt in small letters"] = receipt.lower().encode()

    def passphrases(self, passphrases: dict[str, str]) -> None:
        """What people typed to log in, by login."""
        for login, passphrase in passphrases.items():
            self.planted[f"passphrase of {login}"] = passphrase.encode()

    def in_short(self) -> dict[str, bytes]:
        """The same, with all words of this run as the one ending that they share."""
        ending = self.ending.encode()
        apart = {name: mark for name, mark in self.planted.items() if ending not in mark}
        return apart | {"a word": ending}

    def address(self) -> None:
        """The citizen's address, as a server would write it."""
        self.planted["address"] = CITIZEN_ADDRESS.encode()


def has_position(content: bytes) -> bool:
    """Whether a picture says where it was taken, as ``photograph`` makes it say."""
    with Image.open(io.BytesIO(content)) as image:
        place = image.getexif().get_ifd(0x8825)
    return tuple(place.get(2, ())) == LATITUDE and tuple(place.get(4, ())) == LONGITUDE
