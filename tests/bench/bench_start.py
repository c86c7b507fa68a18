"""How long `make run` takes until it serves: on an empty folder, and on the data of the run before."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.report import Figure, show
from tests.support.demo import RunningDemo


def main() -> None:
    """Measure and print."""
    for profile in ("county", "small"):
        with tempfile.TemporaryDirectory(prefix="xs-bench-") as folder:
            demo = RunningDemo(Path(folder) / "var", profile=profile)
            try:
                first = seconds(demo.start())
                demo.stop()
                second = seconds(demo.start())
            finally:
                demo.end()
        show(
            f"From start to ready, {profile}",
            [
                Figure("first start, with the seed", first, "s", at_most=60),
                Figure("second start", second, "s", at_most=5),
            ],
        )


def seconds(said: str) -> float:
    """Of "Ready after 2.1 s."."""
    return float(said.split()[2])


if __name__ == "__main__":
    main()
