"""A table of the demo's files while it is read: typed, and with nothing left over at the end."""

from __future__ import annotations

from typing import Any


class Entry:
    """A table being read: what is left over at the end is a mistake in the file."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self._left = dict(entry)

    def rest(self, name: str, default: Any = ...) -> Any:
        """The value as TOML gave it; KeyError where it is missing and has no default."""
        return self._left.pop(name) if default is ... else self._left.pop(name, default)

    def text(self, name: str, default: Any = ...) -> str:
        """The value as a text."""
        return str(self.rest(name, default))

    def number(self, name: str, default: Any = ...) -> int:
        return int(self.rest(name, default))

    def yes(self, name: str) -> bool:
        """The value as yes or no."""
        return bool(self.rest(name, False))

    def remaining(self) -> dict[str, str | bool]:
        """Everything not read yet."""
        left, self._left = self._left, {}
        return left

    def done(self) -> None:
        """Raises ValueError where something was not read."""
        if self._left:
            raise ValueError(f"unknown fields: {', '.join(self._left)}")
