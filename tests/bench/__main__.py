"""``make bench``: every benchmark of this folder, one after another, in one run on this machine."""

from __future__ import annotations

import importlib
import os
from pathlib import Path


def main() -> None:
    """Say what machine this is, then run each ``bench_*.py``'s ``main``."""
    print(
        f"{os.cpu_count()} cores, shared with the clients; load before: {os.getloadavg()[0]:.1f}", flush=True
    )
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        importlib.import_module(f"tests.bench.{path.stem}").main()


if __name__ == "__main__":
    main()
