"""The demo county 安澜县: its people, tips and cases, written through the real verbs, really sealed.

The seed's composition root, and the one place that stands on both sides at once: citizens act through
``portal.domain``, staff through ``verification.domain``, workers through ``verification.jobs``. Nothing else
may import it but ``verification.cli``. Not for production: its accounts are marked, and production refuses to
start while there are any. Source: issue 2 "The demo county"; 2-domain §3.
"""
