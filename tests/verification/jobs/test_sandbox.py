"""What a confined process can no longer do. Each probe first does the same thing unconfined, and can."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.machine import PROJECT

_PREAMBLE = """
import ctypes, mmap, os, signal, socket, sys
from verification.jobs.cleaning.sandbox import Limits, confine, leave_network
own = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
def ready(cpu_seconds=20):
    if "confined" in sys.argv:
        confine(Limits(address_space_bytes=own + 64 * 2**20, cpu_seconds=cpu_seconds))
def tried(act):
    try:
        act()
    except Exception as error:
        return type(error).__name__
    return "done"
def say(word):
    os.write(1, word.encode())
"""

PROBES = {
    "internet socket": "lambda: socket.socket()",
    "unix socket": "lambda: socket.socket(socket.AF_UNIX)",
    "socket pair": "lambda: socket.socketpair()",
    "opening a file": "lambda: open('/proc/self/status')",
    "making a file": "lambda: open('/tmp/made-by-a-child', 'w').close() or os.unlink('/tmp/made-by-a-child')",
    "listing a folder": "lambda: os.listdir('/')",
    "starting a process": "lambda: os.fork() or os._exit(0)",
    "signalling another": "lambda: os.kill(os.getppid(), 0)",
    "making a pipe": "lambda: os.pipe()",
    "duplicating a descriptor": "lambda: os.dup(1)",
}


def run(code: str, *, confined: bool) -> subprocess.CompletedProcess[bytes]:
    """Run a probe in a process of its own."""
    arguments = [sys.executable, "-c", _PREAMBLE + code, *(["confined"] if confined else [])]
    environ = {"PYTHONPATH": str(PROJECT), "PATH": os.defpath}
    return subprocess.run(arguments, env=environ, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES.keys())
def test_confined_process_is_refused(probe: str) -> None:
    code = f"act = {probe}\nready()\nsay(tried(act))\nos._exit(0)"
    assert run(code, confined=False).stdout == b"done"
    assert run(code, confined=True).stdout == b"PermissionError"


def test_confined_process_cannot_map_executable_memory() -> None:
    code = """
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
ready()
def mapped(protection):
    return libc.mmap(None, 4096, protection, 0x22, -1, 0) != ctypes.c_void_p(-1).value
say(f"{mapped(3)} {mapped(7)}")
os._exit(0)
"""
    assert run(code, confined=False).stdout == b"True True"
    assert run(code, confined=True).stdout == b"True False"


def test_confined_process_still_computes_and_draws_random_bytes() -> None:
    code = "ready()\nsay(str(len(os.urandom(32)) + sum(range(10))))\nos._exit(0)"
    assert run(code, confined=True).stdout == b"77"


def test_confined_process_may_start_a_thread_and_no_process() -> None:
    """Decoders start threads; ``PROBES`` has the process."""
    code = """
import threading
ready()
heard = []
thread = threading.Thread(target=lambda: heard.append("thread"))
thread.start()
thread.join()
say(heard[0])
os._exit(0)
"""
    assert run(code, confined=True).stdout == b"thread"


def test_memory_beyond_the_limit_is_refused() -> None:
    code = "ready()\nsay(tried(lambda: bytearray(200 * 2**20)))\nos._exit(0)"
    assert run(code, confined=False).stdout == b"done"
    assert run(code, confined=True).stdout == b"MemoryError"


def test_endless_work_is_killed_by_its_own_limit() -> None:
    code = "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nready(cpu_seconds=1)\nsay('on')\nwhile True: pass"
    ended = run(code, confined=True)
    assert (ended.stdout, ended.returncode) == (b"on", -signal.SIGKILL)


def test_network_of_its_own_holds_nothing() -> None:
    """Where the system allows namespaces; the filter alone is enough where it does not."""
    code = """
left = leave_network()
names = sorted(name for _, name in socket.if_nameindex())
say("not allowed" if not left else ",".join(names))
"""
    here = run(code.replace("leave_network()", "True"), confined=False).stdout
    assert b"lo" in here
    assert run(code, confined=False).stdout in (b"lo", b"not allowed")


def test_confined_process_leaves_no_core_and_no_file() -> None:
    arguments = [sys.executable, "-c", _PREAMBLE + "ready()\nsay('on')\nos.read(0, 1)", "confined"]
    environ = {"PYTHONPATH": str(PROJECT), "PATH": os.defpath}
    with subprocess.Popen(arguments, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.read(2) == b"on"
        limits = Path(f"/proc/{child.pid}/limits").read_text(encoding="ascii").splitlines()
        child.kill()
    hard = {line[:26].strip(): line[47:68].strip() for line in limits[1:]}
    assert (hard["Max core file size"], hard["Max file size"], hard["Max open files"]) == ("0", "0", "80")
