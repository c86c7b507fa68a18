"""Making many people's keys at once, in processes of their own: sealing one person's takes 0.2 s of Argon2.

Owns: passphrases that are easy to type, and the accounts that ``demo.json`` lists. Keys pass through pipes
between our own processes and are written nowhere. Must not know: tables.
"""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from portal.crypto.bundles import StaffKeys
from portal.models import SYSTEM_RNG
from verification.demo.county import Person
from verification.domain.founding import StaffSecrets, make_secrets
from verification.keys.identities import SealedIdentity

#: Short pinyin words that are easily told apart; three of them make 15 bits, enough beside a one-time code
#: for accounts that hold nothing but invented people.
WORDS = (
    *("baihe", "chaye", "dadou", "erhu", "fengche", "gulou", "hehua", "jingyu"),
    *("kongque", "lianpeng", "meihua", "nangua", "ouhe", "pipa", "qinghe", "rongshu"),
    *("shatian", "taohua", "wutong", "xiaohe", "yuebing", "zhulin", "chunyu", "qiuyue"),
    *("dongxue", "xiafeng", "shuiche", "shiqiao", "yugan", "mifan", "douhua", "luobo"),
)


@dataclass(frozen=True, slots=True, repr=False)
class Keyed:
    """A person with a passphrase and fresh secrets."""

    person: Person
    passphrase: str
    secrets: StaffSecrets

    def account(self) -> dict[str, str]:
        """As ``demo.json`` lists it; the first role is the one to look for."""
        return {
            "name": self.person.name,
            "login": self.person.login,
            "role": self.person.roles[0].value,
            "title": self.person.title,
            "passphrase": self.passphrase,
            "totp_secret": base64.b32encode(self.secrets.totp_secret).decode("ascii").rstrip("="),
        }


def easy_passphrase() -> str:
    """Three words, as somebody types who tries the demo."""
    return " ".join(secrets.choice(WORDS) for _ in range(3))


def make_keys(people: Sequence[Person], *, host_key: bytes, pool: Executor) -> Iterator[Keyed]:
    """Fresh keys for everybody, in order, begun at once. host_key: 32 bytes."""
    passphrases = [easy_passphrase() for _ in people]
    made = pool.map(_make, passphrases, [host_key] * len(people), chunksize=2)
    return (
        Keyed(person=person, passphrase=passphrase, secrets=_unpack(packed))
        for person, passphrase, packed in zip(people, passphrases, made, strict=True)
    )


def _make(passphrase: str, host_key: bytes) -> tuple[bytes, ...]:
    """In a process of the pool: everything as bytes, because key objects do not travel."""
    made = make_secrets(passphrase=passphrase, host_key=host_key, rng=SYSTEM_RNG)
    return (made.key_id.bytes, made.keys.to_bytes(), made.sealed.keys, made.sealed.totp, made.totp_secret)


def _unpack(packed: tuple[bytes, ...]) -> StaffSecrets:
    key_id, keys, sealed_keys, sealed_totp, totp_secret = packed
    return StaffSecrets(
        key_id=uuid.UUID(bytes=key_id),
        keys=StaffKeys.from_bytes(keys),
        sealed=SealedIdentity(keys=sealed_keys, totp=sealed_totp),
        totp_secret=totp_secret,
    )
