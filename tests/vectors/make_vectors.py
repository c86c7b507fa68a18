"""Writes the frozen vectors beside it: ``python -m tests.vectors.make_vectors``.

Everything that can be is computed from fixed secrets, so a second run writes the same bytes. HPKE is
randomised: a ciphertext already on file is kept for as long as it opens. Changing a vector means changing
the format. Source: FORMAT.md; the sections of each file are named in it.
"""

from __future__ import annotations

import base64
import json
import sys
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from portal.crypto import bundles, compartments, draft, kdf, recipients, signing
from portal.crypto.receipt import Receipt
from portal.crypto.recipients import PrivateKey
from portal.crypto.suites import labelled
from portal.crypto.voice import OfficeWords, voice_of
from portal.errors import Tampered
from tests.vectors.chain_vectors import chains
from tests.vectors.object_vectors import Vectors, b64, fixed, fixed_id, objects, parts, refusals

FOLDER = Path(__file__).parent

# --- §2, §3 ------------------------------------------------------------------------------------------------


def derivation(_: Vectors) -> Vectors:
    """derive, padme and the passphrase."""
    cases = [("object", 64, fixed("context", 48)), ("digest/key", 32, b"\x01"), ("draft/spent", 32, b"")]
    secret, salt, host_key, passphrase = (
        fixed("secret"),
        fixed("salt", 16),
        fixed("host key"),
        "长江 ２０２６ long",
    )
    argon = Argon2id(salt=salt, length=32, iterations=3, lanes=1, memory_cost=65536)
    stretched = argon.derive(unicodedata.normalize("NFKC", passphrase).encode())
    lengths = [0, 1, 2, 3, 8, 9, 100, 1000, 1023, 1024, 1025, 65535, 65536, 65537, 10**6, 2**30 + 1, 2**40]
    return {
        "derive": [
            {
                "secret": secret.hex(),
                "label": label,
                "length": length,
                "context": context.hex(),
                "output": kdf.derive(secret, label=label, length=length, context=context).hex(),
            }
            for label, length, context in cases
        ],
        "padme": [[length, kdf.padme(length)] for length in lengths],
        "passphrase": {
            "passphrase": passphrase,
            "salt": salt.hex(),
            "host_key": host_key.hex(),
            "argon2id": stretched.hex(),
            "key": kdf.stretch(passphrase, salt=salt, host_key=host_key).hex(),
        },
    }


# --- §5, §10, §12 ------------------------------------------------------------------------------------------


def small_boxes(_: Vectors) -> Vectors:
    """Small boxes, with the contexts that drafts, sessions and digests give them."""
    desk, desk_key_id = PrivateKey.from_bytes(fixed("desk", 96)), fixed_id("desk")
    token, form, cookie = fixed("token"), fixed("form"), fixed("cookie")
    tip_id, staff_id, object_id = fixed_id("tip"), fixed_id("staff"), fixed_id("object")
    session_key = kdf.derive(token, label="session/key")
    uses = {
        "plain": (fixed("box"), b"row 1", "线索".encode(), 0),
        "empty": (fixed("box"), b"", b"", 0),
        "draft": (
            draft.draft_key(form, cookie),
            labelled("small", b"draft", draft.draft_id(form, cookie), object_id.bytes),
            b'{"name":"1.jpg"}',
            1024,
        ),
        "session": (
            session_key,
            labelled("small", b"session", bundles.session_lookup_id(token), staff_id.bytes),
            fixed("staff", 128),
            0,
        ),
        "digest": (
            bundles.digest_key(desk, desk_key_id=desk_key_id),
            labelled("small", b"digest", tip_id.bytes),
            "路灯坏了三个月".encode(),
            1024,
        ),
    }
    boxes = []
    for name, (key, context, plaintext, at_least) in uses.items():
        nonce = fixed(name + " nonce", 12)
        sealed = kdf.seal_small(plaintext, key=key, context=context, at_least=at_least, nonce=nonce)
        row = {"name": name, "key": key.hex(), "context": context.hex(), "plaintext": plaintext.hex()}
        boxes.append(row | {"sealed": b64(sealed)})
    inputs = {
        "form_secret": form.hex(),
        "cookie_secret": cookie.hex(),
        "session_token": token.hex(),
        "desk_private": desk.to_bytes().hex(),
        "desk_key_id": str(desk_key_id),
        "tip_id": str(tip_id),
        "staff_key_id": str(staff_id),
        "object_id": str(object_id),
        "content": b"{}".hex(),
        "sha256": fixed("original").hex(),
        "same_file_mark": bundles.same_file_mark(
            fixed("original"), key=bundles.same_file_key(desk, desk_key_id=desk_key_id)
        ).hex(),
        "content_tag": draft.content_tag(b"{}", key=draft.draft_key(form, cookie)).hex(),
    }
    return inputs | {"boxes": boxes}


# --- §6, §7 ------------------------------------------------------------------------------------------------


def _kept(on_file: Vectors, name: str, *, private: PrivateKey, info: bytes, plaintext: bytes) -> bytes:
    """The ciphertext on file while it opens to this plaintext, else a new one."""
    stored = {row["name"]: row["sealed"] for row in on_file.get("sealed", [])}
    try:
        sealed = base64.b64decode(stored[name])
        if private.open(sealed, info=info) == plaintext:
            return sealed
    except (KeyError, Tampered):
        pass
    return private.public().seal(plaintext, info=info)


def hpke(on_file: Vectors) -> Vectors:
    """Keys and HPKE ciphertexts. ML-KEM's shared secret is given for readers that have no ML-KEM."""
    recipient, recipient_id, object_id = fixed("recipient", 96), fixed_id("recipient"), fixed_id("object")
    private = PrivateKey.from_bytes(recipient)
    plaintexts = {
        "file-key": fixed("file key"),
        "private-key": fixed("wrapped", 96),
        "identity/desk-half": fixed("desk half"),
        "identity/director-half": bytes(
            a ^ b for a, b in zip(fixed("file key"), fixed("desk half"), strict=True)
        ),
        "example": b"",
    }
    rows = []
    for purpose, plaintext in plaintexts.items():
        info = recipients.info_for(purpose, object_id=object_id, recipient_key_id=recipient_id)
        sealed = _kept(on_file, purpose, private=private, info=info, plaintext=plaintext)
        shared = MLKEM768PrivateKey.from_seed_bytes(recipient[:64]).decapsulate(sealed[:1088])
        rows.append(
            {
                "name": purpose,
                "info": info.hex(),
                "plaintext": plaintext.hex(),
                "mlkem_shared_secret": shared.hex(),
                "sealed": b64(sealed),
            }
        )
    return {
        "private": recipient.hex(),
        "public": b64(private.public().to_bytes()),
        "fingerprint": private.public().fingerprint().hex(),
        "object_id": str(object_id),
        "recipient_key_id": str(recipient_id),
        "sealed": rows,
    }


# --- §8 ----------------------------------------------------------------------------------------------------


def signatures(_: Vectors) -> Vectors:
    """A bare message, two statements (one without an end, one for a single day), and words of the office."""
    signer = signing.SigningKey.from_bytes(fixed("root"))
    first, last = date(2026, 3, 1), date(2026, 3, 2)
    statements = [
        signing.KeyStatement(fixed_id("k1"), "desk", "督查室", 3, first, None, fixed("public", 1216)),
        signing.KeyStatement(fixed_id("k2"), "cleaner", "", 0, last, last, fixed("day", 1216)),
    ]
    return {
        "seed": signer.to_bytes().hex(),
        "verify_key": signer.verify_key().to_bytes().hex(),
        "message": {"message": b"audit head".hex(), "signature": signer.sign(b"audit head").hex()},
        "statements": [
            {
                "key_id": str(statement.key_id),
                "purpose": statement.purpose,
                "holder": statement.holder,
                "generation": statement.generation,
                "not_before": statement.not_before.isoformat(),
                "not_after": statement.not_after.isoformat() if statement.not_after else None,
                "public": b64(statement.public),
                "encoded": b64(statement.encode()),
                "signature": signing.sign_statement(statement, signer=signer).hex(),
            }
            for statement in statements
        ],
        "office_message": office_message(),
    }


def office_message() -> Vectors:
    """What a desk's voice signs for one place in one informant's mailbox."""
    desk, desk_key_id = PrivateKey.from_bytes(fixed("desk", 96)), fixed_id("desk")
    voice = voice_of(desk, desk_key_id=desk_key_id)
    words = OfficeWords(
        voice_key_id=fixed_id("voice"),
        informant_fingerprint=fixed("fingerprint"),
        message_id=fixed_id("message"),
        object_id=fixed_id("object"),
        kind="question",
        ordinal=3,
        sent_on=date(2026, 3, 2),
        text="请问是哪一天？",
    )
    return {
        "desk_private": desk.to_bytes().hex(),
        "desk_key_id": str(desk_key_id),
        "voice_seed": voice.to_bytes().hex(),
        "voice_verify_key": voice.verify_key().to_bytes().hex(),
        "voice_key_id": str(words.voice_key_id),
        "fingerprint": words.informant_fingerprint.hex(),
        "message_id": str(words.message_id),
        "object_id": str(words.object_id),
        "kind": words.kind,
        "ordinal": words.ordinal,
        "day": words.sent_on.isoformat(),
        "text": words.text,
        "encoded": words.encode().hex(),
        "signature": words.sign(voice).hex(),
    }


# --- §9 ----------------------------------------------------------------------------------------------------


def receipts(_: Vectors) -> Vectors:
    """Receipts from secrets, what is forgiven, and what is refused."""
    rows = []
    for name in ("one", "two", "three"):
        form, cookie = fixed(name + " form"), fixed(name + " cookie")
        receipt = Receipt.from_secrets(form, cookie)
        row = {"form_secret": form.hex(), "cookie_secret": cookie.hex(), "text": receipt.text}
        private = receipt.private_key()
        row |= {"lookup_id": receipt.lookup_id.hex(), "informant_private": private.to_bytes().hex()}
        rows.append(row | {"informant_fingerprint": private.public().fingerprint().hex()})
    text = rows[0]["text"]
    wide = "".join(chr(ord(c) + 0xFEE0) if c != "-" else "－" for c in text)
    typed = {
        "lower case": text.lower(),
        "no dashes": text.replace("-", ""),
        "spaces": f"  {text.replace('-', ' ')}\n",
        "full width": wide,
        "ideographic spaces": wide.replace("－", "\u3000"),
        "long dashes": text.replace("-", "——"),
        "zero width": "\ufeff" + text.replace("-", "\u200b"),
        "O for 0, I and l for 1": text.replace("0", "O").replace("1", "I", 1).replace("1", "l"),
    }
    other = "Z" if text[0] != "Z" else "Y"
    refused = {
        "one character mistyped": other + text[1:],
        "two characters exchanged": text[1] + text[0] + text[2:],
        "one missing": text[:-1],
        "one too many": text + "0",
        "U": "U" + text[1:],
        "nothing": "",
        "all zeros": "0" * 24,
        "Chinese digits": "一" * 24,
    }
    return {"receipts": rows, "typed_for_the_first": typed, "refused": refused}


# --- §11, §12.1, §12.4 -------------------------------------------------------------------------------------


def records(_: Vectors) -> Vectors:
    """Canonical records, what must not be taken for one, and the identity's halves."""
    values: list[dict[str, Any]] = [
        {},
        {
            "b": 1,
            "a": [True, None, "线索", "\U0001f4ce", 'a"\\\n\x01\x7f/'],
            "附件": {"名": "照片.jpg", "长": 2**53 - 1},
        },
    ]
    refused = [
        '{"a": 1}', '{"b":1,"a":2}', '{"a":1,"a":1}', '{"a":1.0}', '{"a":1e3}', '{"a":-0}', '{"a":"\\u0061"}',
        '{"a":"\\/"}', '{"a":9007199254740992}', '{"a":NaN}', '[1]', '1', '', ' {}', '{}\n', '\ufeff{}',
        '{"a":"\\ud800"}',
    ]  # fmt: skip
    halves = compartments.halve_file_key(fixed("file key"), desk_half=fixed("desk half"))
    return {
        "canonical": [
            {"value": value, "encoded": b64(compartments.encode_record(value))} for value in values
        ],
        "refused": [b64(text.encode()) for text in refused],
        "halves": {
            "file_key": fixed("file key").hex(),
            "desk": halves.desk.hex(),
            "director": halves.director.hex(),
        },
    }


def staff_keys(on_file: Vectors) -> Vectors:
    """A staff bundle as it lies in its row, and the key behind the paper shares."""
    private, staff_id, salt = fixed("staff", 128), fixed_id("staff"), fixed("staff salt", 16)
    passphrase, host_key = "青山绿水 0417", fixed("host key")
    context = labelled("small", b"staff", staff_id.bytes)
    key = kdf.stretch(passphrase, salt=salt, host_key=host_key)
    box = kdf.seal_small(private, key=key, context=context, nonce=fixed("staff nonce", 12))
    recovery = bundles.recovery_key(fixed("recovery"))
    return {
        "private": private.hex(),
        "staff_key_id": str(staff_id),
        "passphrase": passphrase,
        "host_key": host_key.hex(),
        "stretched": key.hex(),
        "sealed": b64(b"\x01" + salt + box),
        "recovery_secret": fixed("recovery").hex(),
        "recovery_private": recovery.to_bytes().hex(),
    }


FILES: dict[str, Callable[[Vectors], Vectors]] = {
    "derivation.json": derivation,
    "objects.json": objects,
    "parts.json": parts,
    "refusals.json": refusals,
    "small_boxes.json": small_boxes,
    "hpke.json": hpke,
    "signatures.json": signatures,
    "chains.json": chains,
    "receipts.json": receipts,
    "records.json": records,
    "staff_keys.json": staff_keys,
}


def load(name: str) -> Vectors:
    """A file as it lies; empty where there is none yet."""
    path = FOLDER / name
    loaded: Vectors = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return loaded


def main() -> int:
    """Write every file."""
    for name, build in FILES.items():
        text = json.dumps(build(load(name)), ensure_ascii=True, indent=1)
        (FOLDER / name).write_text(text + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
