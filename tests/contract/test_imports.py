"""Who may import what, beyond the layers that ``lint-imports`` checks. Source: 3-architecture."""

from __future__ import annotations

import ast
from dataclasses import fields

import grimp
import pytest

from config import PortalSettings
from tests.support.machine import PROJECT
from tests.support.sources import imported_names, modules, named

#: What both sides stand on. Everything else of ``portal`` is the public side's own.
KERNEL = {"clock", "crypto", "db", "errors", "models", "outbox", "storage", "texts", "trust", "turns"}
KERNEL |= {"assets", "headers", "shell"}  # what every page of either app is made of

#: Where a private key may be spoken of, and whose it is.
PRIVATE_KEYS = {
    "portal.crypto": "nobody's: the formats",
    "portal.domain.mailbox": "the informant's, derived from the receipt for one request",
    "verification.keys": "the office's and its people's",
    "verification.domain.founding": "the office root, which signs the first keys when an office is set up",
    "verification.jobs.cleaning": "the cleaner's, of one day",
}
PRIVATE_NAMES = {"PrivateKey", "SigningKey", "unwrap_private_key", "wrap_private_key", "open_file_key"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("portal", "verification")


def test_portal_imports_nothing_of_verification(graph: grimp.ImportGraph) -> None:
    assert graph.find_shortest_chains("portal", "verification", as_packages=True) == set()
    assert graph.find_shortest_chains("verification", "portal", as_packages=True) != set()


#: The demo's seed plays citizens and staff alike; it alone stands on both sides, and nothing stands on it.
DEMO = "verification.demo"


def test_verification_imports_only_the_kernel(graph: grimp.ImportGraph) -> None:
    internal = [module for module in graph.modules if module.split(".")[0] == "verification"]
    internal = [module for module in internal if not module.startswith(DEMO)]
    used = {name for module in internal for name in graph.find_modules_directly_imported_by(module)}
    parts = {name.split(".")[1] for name in used if name.startswith("portal.")}
    assert {"models", "clock", "db"} <= parts | {"db"}
    assert parts - KERNEL == set()


def test_the_demo_stands_on_both_sides_and_only_commands_on_it(graph: grimp.ImportGraph) -> None:
    demo = {module for module in graph.modules if module.startswith(DEMO)}
    used = {name for module in demo for name in graph.find_modules_directly_imported_by(module)}
    assert {name.split(".")[1] for name in used if name.startswith("portal.")} - KERNEL == {"domain"}
    users = {name for module in demo for name in graph.find_modules_that_directly_import(module)} - demo
    assert users == {"verification.cli.setup"}


def test_kernel_imports_none_of_the_public_side(graph: grimp.ImportGraph) -> None:
    own = {module.split(".")[1] for module in graph.modules if module.startswith("portal.")} - KERNEL
    crossed = {
        (kernel, side)
        for kernel in KERNEL
        for side in own
        if f"portal.{kernel}" in graph.modules
        and graph.find_shortest_chains(f"portal.{kernel}", f"portal.{side}", as_packages=True)
    }
    assert crossed == set()


def test_settings_import_neither_side() -> None:
    tree = ast.parse((PROJECT / "config.py").read_text(encoding="utf-8"))
    roots = {module.split(".")[0] for module, _ in imported_names(tree)}
    assert "dataclasses" in roots
    assert roots & {"portal", "verification"} == set()


def test_private_keys_are_handled_in_their_own_package_alone() -> None:
    users = {
        named(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for package in ("portal", "verification")
        for path, tree in modules(under=package)
        if {name for _, name in imported_names(tree)} & PRIVATE_NAMES
    }
    assert "verification.keys.keyring" in users
    assert [user for user in sorted(users) if not user.startswith(tuple(PRIVATE_KEYS))] == []


def test_portal_settings_hold_no_private_key() -> None:
    """The one field with "secret" keys the cookie; whoever has it reads no tip."""
    suspicious = ("private", "key", "secret", "seed", "passphrase", "host_")
    named_so = {one.name for one in fields(PortalSettings) if any(part in one.name for part in suspicious)}
    assert named_so == {"session_secret"}
