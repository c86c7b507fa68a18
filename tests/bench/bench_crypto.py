"""Measures sealing on this machine: ``python -m tests.bench.bench_crypto``. Prints; asserts nothing.

Beside each stream figure stands bare AES-256-GCM on chunks of the same size, measured in the same run.
"""

from __future__ import annotations

import io
import os
import sys
import time
import uuid
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.crypto.bundles import digest_key, open_digest, seal_digest
from portal.crypto.compartments import seal_statement
from portal.crypto.kdf import stretch
from portal.crypto.receipt import Receipt
from portal.crypto.recipients import PrivateKey, PublicKey, open_file_key, seal_file_key
from portal.crypto.stream import ObjectKind, SealedReader, SealingWriter

STREAM_BYTES = 256 << 20
ID = uuid.UUID(int=1, version=4)
KEY = os.urandom(32)


class Nowhere:
    """A sink that counts."""

    def __init__(self) -> None:
        self.taken_bytes = 0

    def write(self, sealed: bytes, /) -> int:
        """Take and forget."""
        self.taken_bytes += len(sealed)
        return len(sealed)


def megabytes_per_second(action: Callable[[], object], *, size_bytes: int = STREAM_BYTES) -> float:
    """The best of three runs."""
    best = 0.0
    for _ in range(3):
        started = time.perf_counter()
        action()
        best = max(best, size_bytes / (time.perf_counter() - started) / 1e6)
    return best


def milliseconds(action: Callable[[], object], *, times: int = 300) -> float:
    """The mean of many runs, after one to warm up."""
    action()
    started = time.perf_counter()
    for _ in range(times):
        action()
    return (time.perf_counter() - started) / times * 1e3


def bare_gcm() -> None:
    """What the same bytes cost with no format around them."""
    aead, chunk = AESGCM(KEY), bytes(65536)
    for i in range(STREAM_BYTES // len(chunk)):
        aead.encrypt(i.to_bytes(12, "big"), chunk, None)


def write_in(piece_bytes: int) -> None:
    """Seal the stream in pieces of one size."""
    writer = SealingWriter(Nowhere(), kind=ObjectKind.ATTACHMENT, object_id=ID, file_key=KEY)
    piece = memoryview(bytes(piece_bytes))
    for _ in range(STREAM_BYTES // piece_bytes):
        writer.write(piece)
    writer.finish()


def print_streams() -> None:
    """MB/s of writer and reader."""
    print(f"bare AES-256-GCM, 64 KiB chunks    {megabytes_per_second(bare_gcm):8.0f} MB/s")
    for piece_bytes in (4096, 16384, 65536, 1 << 20):
        speed = megabytes_per_second(lambda size=piece_bytes: write_in(size))  # type: ignore[misc]  # bound now
        print(f"SealingWriter, pieces of {piece_bytes:8}  {speed:8.0f} MB/s")
    out = io.BytesIO()
    writer = SealingWriter(out, kind=ObjectKind.ATTACHMENT, object_id=ID, file_key=KEY)
    writer.write(bytes(STREAM_BYTES))
    writer.finish()

    def read() -> None:
        reader = SealedReader(out, kind=ObjectKind.ATTACHMENT, object_id=ID, file_key=KEY)
        for _ in reader.chunks():
            pass

    print(f"SealedReader.chunks                {megabytes_per_second(read):8.0f} MB/s")
    reader = SealedReader(out, kind=ObjectKind.ATTACHMENT, object_id=ID, file_key=KEY)
    seek = milliseconds(lambda: list(reader.read_range(STREAM_BYTES // 2, 1000)))
    print(f"SealedReader.read_range, 1000 B    {seek:8.3f} ms")


def print_operations() -> None:
    """Milliseconds of everything that is done once a tip, a row or a log-in."""
    private = PrivateKey.generate()
    public, encoded = private.public(), private.to_bytes()
    grant = seal_file_key(KEY, to=public, recipient_key_id=ID, object_id=ID)
    receipt = Receipt.from_secrets(KEY, KEY)
    digests = digest_key(private, desk_key_id=ID)
    digest = seal_digest(bytes(300), key=digests, tip_id=ID)
    record = {"account": "路" * 1000, "place": "城关街道"}
    operations: dict[str, Callable[[], object]] = {
        "seal_file_key": lambda: seal_file_key(KEY, to=public, recipient_key_id=ID, object_id=ID),
        "open_file_key": lambda: open_file_key(grant, private=private, recipient_key_id=ID, object_id=ID),
        "PublicKey.from_bytes": lambda: PublicKey.from_bytes(public.to_bytes()),
        "PrivateKey.from_bytes": lambda: PrivateKey.from_bytes(encoded),
        "Receipt.from_secrets": lambda: Receipt.from_secrets(KEY, KEY),
        "Receipt.text": lambda: receipt.text,
        "Receipt.parse": lambda: Receipt.parse(receipt.text),
        "Receipt.private_key": receipt.private_key,
        "seal_statement": lambda: seal_statement(record, object_id=ID, file_key=KEY),
        "open_digest": lambda: open_digest(digest, key=digests, tip_id=ID),
    }
    for name, action in operations.items():
        print(f"{name:34} {milliseconds(action):8.3f} ms")
    unlock = milliseconds(lambda: stretch("passphrase", salt=KEY[:16], host_key=KEY), times=3)
    print(f"{'stretch (Argon2id, 64 MiB)':34} {unlock:8.1f} ms")


def main() -> int:
    """Print every figure."""
    print_streams()
    print_operations()
    return 0


if __name__ == "__main__":
    sys.exit(main())
