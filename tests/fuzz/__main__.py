"""``make fuzz``: every target for some minutes, guided by which code an input reaches (atheris).

Arguments: seconds a target (600), then names of targets (all). A finding ends the run with its input in
``var/fuzz``; the same input then goes into ``targets.seeds`` with the fix.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["portal"]):
    from tests.fuzz.targets import TARGETS, seeds

FOUND = Path("var/fuzz")
MAX_BYTES = 4096


def main(arguments: list[str]) -> int:
    """Run the targets one after another, each in a process of its own, because a fuzzer never returns."""
    seconds = arguments[0] if arguments else "600"
    if len(arguments) > 1 and arguments[1] == "--one":
        return _run(arguments[2], seconds=seconds, corpus=Path(arguments[3]))
    for name in arguments[1:] or sorted(TARGETS):
        print(f"== {name}, {seconds} s", flush=True)
        with tempfile.TemporaryDirectory(prefix="xs-fuzz-") as corpus:
            command = [sys.executable, "-m", "tests.fuzz", seconds, "--one", name, corpus]
            if subprocess.run(command, check=False).returncode != 0:
                print(f"FOUND something in {name}: see {FOUND}")
                return 1
    print("no finding")
    return 0


def _run(name: str, *, seconds: str, corpus: Path) -> int:
    FOUND.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        "fuzz", f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}", "-print_final_stats=1",
        "-verbosity=1", f"-artifact_prefix={FOUND}/{name}-", str(corpus),
    ]  # fmt: skip
    atheris.Setup(options, TARGETS[name])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
