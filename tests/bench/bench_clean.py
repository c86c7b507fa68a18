"""Cleaning in the confined child: photographs with their thumbnails, pages, recordings; by its own figures.

One zygote, one file at a time, as one worker does it. Source: issue 3 "thumbnails per second per core".
"""

from __future__ import annotations

import time

from tests.bench.report import Figure, show
from tests.support.confined import Looking
from tests.support.documents import pdf_of
from tests.support.office_files import docx_of
from tests.support.photographs import photograph
from tests.verification.web.looking import film_of
from verification.jobs.cleaning import office_box
from verification.jobs.cleaning.cleaner import Cleaner

PHOTOS, PAGES = 12, 20


def main() -> None:
    """Measure and print."""
    cleaner = Cleaner()
    cleaner.start()
    looking = Looking(cleaner)
    figures = []
    for label, width, height in (("12 megapixels", 4000, 3000), ("2 megapixels", 1600, 1200)):
        seconds, cpu, peak = _repeated(looking, photograph(width=width, height=height), times=PHOTOS)
        figures += [
            Figure(f"photographs of {label}", PHOTOS / seconds, "/s"),
            Figure("  by the child's own time, a core", PHOTOS / cpu, "/s"),
            Figure("  memory", peak / 2**20, "MiB", at_most=512),
        ]
    seconds, _cpu, peak = _repeated(looking, pdf_of(PAGES), times=1)
    figures += [
        Figure("pages of a PDF", PAGES / seconds, "/s"),
        Figure("  memory", peak / 2**20, "MiB", at_most=512),
    ]
    seconds, _cpu, _peak = _repeated(looking, film_of(100), times=3)
    figures.append(Figure("films of ten seconds", 3 / seconds, "/s"))
    if office_box.is_installed():
        seconds, _cpu, peak = _repeated(looking, docx_of("路坏了半年。", marked=True), times=2)
        figures += [
            Figure("text documents", 2 / seconds, "/s"),
            Figure("  memory", peak / 2**20, "MiB", at_most=512),
        ]
    cleaner.close()
    show("Clean copies, thumbnails with them; one worker", figures)


def _repeated(looking: Looking, content: bytes, *, times: int) -> tuple[float, float, int]:
    """Seconds in all, CPU seconds of the children, and the highest memory of one in bytes."""
    began, cpu, peak = time.perf_counter(), 0.0, 0
    for _ in range(times):
        report, _content, ending = looking.at(content)
        assert report.reason is None
        cpu, peak = cpu + ending.cpu_seconds, max(peak, ending.peak_bytes)
    return time.perf_counter() - began, cpu, peak


if __name__ == "__main__":
    main()
