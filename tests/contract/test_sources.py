"""How the code is written: sizes, openings, nothing left for later. Source: 5-style."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.support.sources import files, function_lines, modules, named

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 50
#: Written by the migration tool from the models: a list of columns, not code to read.
GENERATED = "verification/migrations/versions/"


def test_modules_are_at_most_400_lines() -> None:
    sizes = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files(".py")}
    assert len(sizes) > 50
    long = {name: size for name, size in sizes.items() if size > MAX_MODULE_LINES}
    assert {name: size for name, size in long.items() if not name.startswith(GENERATED)} == {}


def test_functions_are_at_most_50_lines() -> None:
    sizes = {f"{named(path)}:{name}": size for path, tree in modules() for name, size in function_lines(tree)}
    assert len(sizes) > 200
    long = {name: size for name, size in sizes.items() if size > MAX_FUNCTION_LINES}
    assert {name: size for name, size in long.items() if not name.startswith(GENERATED)} == {}


def test_function_lines_of_a_long_function_are_counted_without_its_docstring() -> None:
    source = 'def f():\n    """One.\n\n    Two.\n    """\n' + "    x = 1\n" * 51
    assert list(function_lines(ast.parse(source))) == [("f", 51)]


def test_modules_open_with_a_docstring() -> None:
    assert [named(path) for path, tree in modules() if not ast.get_docstring(tree)] == []


LEFT_FOR_LATER = re.compile(r"\b(TODO|FIXME|XXX)\b|not implemented yet", re.IGNORECASE)
UNREASONED = re.compile(r"#\s*type:\s*ignore(\[[^\]]*\])?\s*$|#\s*noqa(:\s*[A-Z0-9, ]+)?\s*$")


def test_nothing_is_left_for_later() -> None:
    assert LEFT_FOR_LATER.search("# TODO: mend")
    assert matching(LEFT_FOR_LATER, ".py", ".html", ".css", ".js", ".md", ".toml", ".po") == []


def test_silenced_checks_say_why() -> None:
    assert UNREASONED.search("x = 1  # type: ignore[misc]")
    assert not UNREASONED.search("x = 1  # type: ignore[misc]  # because the library lies")
    assert UNREASONED.search("x = 1  # noqa: S608")
    assert matching(UNREASONED, ".py") == []


def matching(pattern: re.Pattern[str], *suffixes: str) -> list[str]:
    """Every line of the project that the pattern finds, as file:line (this file, with its samples, aside)."""
    return [
        f"{named(path)}:{number}"
        for path in files(*suffixes)
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]
