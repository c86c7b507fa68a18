"""Style sheets, scripts and icons: read at boot, served from memory under a name that holds their hash.

There is no build. A bundle is ``tokens.css`` and ``base.css`` followed by every component in ``shared/`` and
in the side's own folder, comments taken out; a new component is a new file. A changed byte is a new address,
so a browser may keep what it has for good, and a page costs one style sheet and one script.
Kernel: both apps use it. Must not know: any page. Source: 5-style "CSS".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from flask import Flask, Response, abort, request, url_for
from markupsafe import Markup

FOLDER: Final = Path(__file__).resolve().parent.parent / "static"
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
#: An address from before an update, or from another host in the middle of one: answered, but not kept.
_FOR_NOW: Final = "public, max-age=60"
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_BLANKS: Final = re.compile(r"\s+")
_AROUND: Final = re.compile(r" ?([{};,]) ?|(?<=:) ")


class Side(StrEnum):
    """Which app a page belongs to."""

    PUBLIC = "public"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served. ``name``: with its hash; ``plain_name``: without."""

    plain_name: str
    name: str
    mimetype: str
    body: bytes


class Assets:
    """Everything one side's pages load."""

    def __init__(self, side: Side, *, folder: Path = FOLDER) -> None:
        self._assets = {
            asset.plain_name: asset
            for asset in (
                _asset(f"{side}.css", _style_sheet(folder / "css", side), mimetype="text/css"),
                _asset(f"{side}.js", _script(folder / "js", side), mimetype="text/javascript"),
            )
        }
        self._icons = {
            path.stem: Markup(path.read_text(encoding="utf-8").strip())  # noqa: S704  # our own files
            for path in sorted((folder / "icons").glob("*.svg"))
        }

    def named(self, plain_name: str) -> Asset:
        """The asset called ``public.css``, ``internal.js`` … KeyError where there is none."""
        return self._assets[plain_name]

    def icon(self, name: str) -> Markup:
        """An icon to stand in the page itself; it takes the colour of the text beside it."""
        return self._icons[name]

    def answer(self, name: str) -> Response:
        """Serve a name as it stands in a page."""
        side, _, rest = name.partition(".")
        asset = self._assets.get(f"{side}.{rest.rpartition('.')[2]}")
        if asset is None:
            abort(404)
        return _served(asset, is_current=name == asset.name)


def install(app: Flask, side: Side) -> Assets:
    """Serve ``/static/…`` and give templates ``asset_url("css")`` and ``icon("lock")``."""
    assets = Assets(side)
    app.add_url_rule("/static/<name>", endpoint="static", view_func=assets.answer)
    app.jinja_env.globals.update(asset_url=_address_of(assets, side), icon=assets.icon)
    return assets


def _address_of(assets: Assets, side: Side) -> Callable[[str], str]:
    def asset_url(suffix: str) -> str:
        return url_for("static", name=assets.named(f"{side}.{suffix}").name)

    return asset_url


def _served(asset: Asset, *, is_current: bool) -> Response:
    response = Response(asset.body, mimetype=asset.mimetype)
    response.headers["Cache-Control"] = _FOR_GOOD if is_current else _FOR_NOW
    response.set_etag(asset.name)
    response.make_conditional(request)
    return response


def _asset(plain_name: str, text: str, *, mimetype: str) -> Asset:
    body = text.encode()
    stem, suffix = plain_name.rsplit(".", 1)
    digest = hashlib.blake2b(body, digest_size=8).hexdigest()
    return Asset(plain_name, f"{stem}.{digest}.{suffix}", mimetype, body)


def _style_sheet(folder: Path, side: Side) -> str:
    components = [*sorted((folder / "shared").glob("*.css")), *sorted((folder / side).glob("*.css"))]
    paths = [folder / "tokens.css", folder / "base.css", *components]
    # Print rules undo what components say, so they must stand behind them whatever the folder.
    paths.sort(key=lambda path: path.stem == "print")
    return "\n".join(slim(path.read_text(encoding="utf-8")) for path in paths)


def _script(folder: Path, side: Side) -> str:
    paths = [*sorted((folder / "shared").glob("*.js")), *sorted((folder / side).glob("*.js"))]
    return "\n".join(slim_script(path.read_text(encoding="utf-8")) for path in paths)


def slim_script(script: str) -> str:
    """A script without lines of comment and the blanks that begin lines; ours hold no text over lines."""
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def slim(style: str) -> str:
    """A style sheet without comments and needless blanks. Ours hold no text in which these would matter."""
    return _AROUND.sub(r"\1", _BLANKS.sub(" ", _COMMENT.sub("", style))).strip()
