"""The project's own files, for tests that read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.machine import PROJECT

#: What is in the folder and is not the project's: made by tools, or by running it.
_NOT_OURS = {
    ".git",
    ".venv",
    "var",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    ".pytest_cache",
}
#: Files whose content is bytes, not text.
_BINARY = {".png", ".jpg", ".jpeg", ".pdf", ".ico", ".bin"}


def files(*suffixes: str, under: str = "") -> list[Path]:
    """Every file of the project with one of these suffixes (any, if none is given)."""
    return sorted(path for path in _walk(PROJECT / under) if not suffixes or path.suffix in suffixes)


def _walk(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.name in _NOT_OURS:
            continue
        if entry.is_dir():
            yield from _walk(entry)
        elif entry.suffix not in _BINARY:
            yield entry


def named(path: Path) -> str:
    """A path as the project knows it."""
    return path.relative_to(PROJECT).as_posix()


def modules(*, under: str = "") -> list[tuple[Path, ast.Module]]:
    """Every Python file and its syntax tree."""
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in files(".py", under=under)]


def function_lines(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Each function's name and how many lines its body has, docstring not counted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            documented = ast.get_docstring(node, clean=False) is not None
            body = node.body[1:] if documented else node.body
            yield node.name, _last_line(body) - body[0].lineno + 1 if body else 0


def _last_line(body: list[ast.stmt]) -> int:
    return max(statement.end_lineno or statement.lineno for statement in body)


def imported_names(tree: ast.Module) -> set[tuple[str, str]]:
    """Every (module, name) of a ``from module import name``, and (module, "") of a plain import."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {(node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
    return found
