"""The response headers both apps answer with: nothing from elsewhere, nothing inline, nothing kept.

A page loads from its own host only. Pictures may also be ``data:`` (the receipt's picture must not have an
address of its own). Pages are not stored by browsers or proxies; only style sheets and scripts are.
Kernel. Must not know: any view. Source: 3-architecture, contract "CSP without unsafe-*"; 4-sealing "Receipt".
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Response

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    # Other sites never learn which page a reader came from.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "X-DNS-Prefetch-Control": "off",
}
_STRICT_TRANSPORT: Final = "max-age=31536000"


def install(app: Flask, *, secure: bool) -> None:
    """Put the headers on every response. secure: the site is reached over TLS."""
    headers = dict(_HEADERS)
    if secure:
        headers["Strict-Transport-Security"] = _STRICT_TRANSPORT

    @app.after_request
    def _add(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
