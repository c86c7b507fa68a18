"""Stand-in programs under the real supervisor, as a process of its own.

``python -m tests.support.standin FOLDER NAME=KIND …`` starts one program a NAME and prints what the
supervisor says. Each program writes its own pid to FOLDER/NAME.pids, and that of a child it forks into
another process group, as an RQ worker does with its horse. One that crashes waits for FOLDER/hold, a pipe, if
there is one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from verification.supervise import Service, StartFailed, Supervisor

PROGRAM = """
import os, pathlib, signal, sys
folder, name, kind = sys.argv[1:4]
if kind == "failing":
    sys.exit("a reason in the log")
if kind == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
horse = os.fork()
if horse == 0:
    os.setpgid(0, 0)
else:
    part = pathlib.Path(folder, name + ".part")
    part.write_text(f"{os.getpid()} {horse}")
    part.rename(pathlib.Path(folder, name + ".pids"))
if kind == "crashing" and horse:
    if os.path.exists(folder + "/hold"):
        open(folder + "/hold").close()  # waits until somebody lets go: a crash after the start, not during it
    sys.exit(7)
while True:
    signal.pause()
"""


def service(folder: Path, name: str, *, kind: str, stage: int) -> Service:
    """One stand-in, ready once it has written its pids."""
    pids = folder / f"{name}.pids"
    return Service(
        name=name,
        command=(sys.executable, "-c", PROGRAM, str(folder), name, kind),
        environ={"PATH": os.environ["PATH"]},
        ready=None if kind == "crashing" else pids.exists,
        stage=stage,
        stop_seconds=1.0,
    )


def main(folder: Path, named: list[str]) -> int:
    """Run until a signal; exit 1 if something did not start."""

    def say(line: str) -> None:
        print(line, flush=True)

    pairs = [one.split("=") for one in named]
    services = [service(folder, name, kind=kind, stage=stage) for stage, (name, kind) in enumerate(pairs)]
    try:
        Supervisor(services, log_dir=folder / "log", say=say).run(on_ready=lambda: say("ready"))
    except StartFailed as failure:
        say(str(failure))
        return 1
    say("done")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
