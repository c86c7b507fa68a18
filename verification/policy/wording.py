"""What must not stand in the unit's version of a conclusion: identifiers, names of witnesses, others' words.

Finds; decides nothing. Must not know: where the words come from, who may open them.
Source: Petitions Regulation 30; 2-domain §5 first row; rules.toml unit-wording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from verification.policy.redaction import find_copied, find_identifiers

#: A name of one character would be found in every text.
SHORTEST_NAME: Final = 2

#: Words for a role that stand in the field for the person and point at nobody.
_NOBODY: Final = frozenset(
    {"负责人", "经办人", "当事人", "工作人员", "值班人员", "村民", "居民", "群众", "商户", "业主"}
    | {"司机", "门卫", "路人", "职工", "家属", "主任", "局长", "镇长", "科长"}
)
_BETWEEN: Final = re.compile(r"[\s、，,；;：:（）()/·]+")


@dataclass(frozen=True, slots=True)
class Heard:
    """What to compare with. statements: of informants; None where this person cannot open them all."""

    names: tuple[str, ...]
    talks: tuple[str, ...]
    statements: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Wording:
    """What was found in a text. ``words``: in the order of the text; complete: nothing was left unchecked."""

    identifiers: bool
    words: tuple[str, ...]
    complete: bool


def look_at(text: str, *, heard: Heard) -> Wording:
    """Compare a text for the unit with everything that must not show in it."""
    copied = find_copied(text, statements=(*heard.talks, *(heard.statements or ())))
    found = [(leak.start, text[leak.start : leak.end]) for leak in copied]
    found += [(text.index(name), name) for name in names_in(heard.names) if name in text]
    return Wording(
        identifiers=bool(find_identifiers(text)),
        words=tuple(dict.fromkeys(words for _start, words in sorted(found))),
        complete=heard.statements is not None,
    )


def names_in(fields: Iterable[str]) -> list[str]:
    """The single names in fields that may hold several, with posts; words that point at nobody left out."""
    parts = [part for field in fields for part in (field.strip(), *_BETWEEN.split(field))]
    return [one for one in dict.fromkeys(parts) if len(one) >= SHORTEST_NAME and one not in _NOBODY]
