"""What follows from one rendering of the form: the draft's name, and the key of what it holds.

Owns: derivation from the form's and the cookie's secret, the box for a draft's file list, and the tag by
which the same content is known again. Must not know: the draft's rows, or how long they live.
Source: FORMAT.md §10.
"""

from __future__ import annotations

import hashlib
import uuid

from portal.crypto.kdf import derive, open_small, seal_small
from portal.crypto.receipt import both_secrets
from portal.crypto.suites import KEY_BYTES, labelled

_DRAFT_FLOOR_BYTES = 1024


def draft_id(form_secret: bytes, cookie_secret: bytes) -> bytes:
    """32 bytes that only form and cookie together can name: a page that was kept leads to no draft."""
    return derive(both_secrets(form_secret, cookie_secret), label="draft/id")


def spent_id(form_secret: bytes) -> bytes:
    """32 bytes by which a form that was sent is known under another cookie; it says nothing of the draft."""
    if len(form_secret) != KEY_BYTES:
        raise ValueError("a form secret is 32 bytes")
    return derive(form_secret, label="draft/spent")


def draft_key(form_secret: bytes, cookie_secret: bytes) -> bytes:
    """32 bytes that open what a draft holds; needs the page and the cookie both."""
    return derive(both_secrets(form_secret, cookie_secret), label="draft/key")


def seal_in_draft(plaintext: bytes, *, key: bytes, draft: bytes, object_id: uuid.UUID) -> bytes:
    """Seal one file's name, length and file key under the draft. draft: its 32-byte id."""
    context = labelled("small", b"draft", draft, object_id.bytes)
    return seal_small(plaintext, key=key, context=context, at_least=_DRAFT_FLOOR_BYTES)


def open_in_draft(sealed: bytes, *, key: bytes, draft: bytes, object_id: uuid.UUID) -> bytes:
    """Open what ``seal_in_draft`` made. Raises Tampered."""
    return open_small(sealed, key=key, context=labelled("small", b"draft", draft, object_id.bytes))


def content_tag(content: bytes, *, key: bytes) -> bytes:
    """32 bytes by which the same content is known again, by nobody without the draft key. §10."""
    return derive(key, label="draft/content", context=hashlib.sha256(content).digest())
