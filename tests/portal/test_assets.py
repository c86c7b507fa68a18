"""Style sheets and scripts: small, kept for good under a name with their hash, nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from portal import assets
from portal.assets import FOLDER, Assets, Side, slim

STYLES = sorted((FOLDER / "css").rglob("*.css"))


@pytest.fixture(params=list(Side))
def side(request: pytest.FixtureRequest) -> Side:
    kind: Side = request.param
    return kind


@pytest.fixture
def app(side: Side) -> Flask:
    app = Flask(__name__, static_folder=None)
    assets.install(app, side)
    app.add_url_rule(
        "/", view_func=lambda: render_template_string("{{ asset_url('css') }} {{ icon('lock') }}")
    )
    return app


def test_style_sheet_is_kept_for_good_under_its_hash(app: Flask) -> None:
    client = app.test_client()
    address = client.get("/").get_data(as_text=True).split()[0]
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_style_sheet_under_an_old_hash_is_answered_but_not_kept(app: Flask, side: Side) -> None:
    answer = app.test_client().get(f"/static/{side}.0123456789abcdef.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=60")


@pytest.mark.parametrize("name", ["other.css", "public", "x.y.css", "../config.py", "tokens.css"])
def test_unknown_name_is_not_found(app: Flask, name: str) -> None:
    assert app.test_client().get(f"/static/{name}").status_code == 404


def test_icon_stands_in_the_page(app: Flask) -> None:
    assert '<svg class="icon" viewBox="0 0 24 24"' in app.test_client().get("/").get_data(as_text=True)


def test_changed_byte_changes_the_name(tmp_path: Path) -> None:
    names = []
    for colour in ("red", "blue"):
        for folder in ("css/shared", "js", "icons"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "css" / "tokens.css").write_text(f":root {{ --ink: {colour} }}")
        (tmp_path / "css" / "base.css").write_text("p { margin: 0 }")
        names.append(Assets(Side.PUBLIC, folder=tmp_path).named("public.css").name)
    assert names[0] != names[1]


def test_slim_takes_out_comments_and_blanks_only() -> None:
    style = """/* a > b { } */
.a,
.b :hover { color: red; margin: 0 auto; }
@media (min-width: 3rem) { p::before { content: "!"; } }"""
    slimmed = '.a,.b :hover{color:red;margin:0 auto;}@media (min-width:3rem){p::before{content:"!";}}'
    assert slim(style) == slimmed


def test_public_style_sheet_and_script_are_small() -> None:
    public = Assets(Side.PUBLIC)
    assert len(public.named("public.css").body) <= 15_000
    assert len(public.named("public.js").body) <= 10_000


@pytest.mark.parametrize("path", STYLES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_component_names_no_colour_no_id_and_says_its_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("/* ")
    rules = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    assert "!important" not in rules
    assert "url(" not in rules
    assert "@import" not in rules
    assert re.findall(r"(?:^|[\s,>+~])#[a-zA-Z][\w-]*\s*[{,:]", rules) == []
    if path.name != "tokens.css":
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", rules) == []


def test_every_colour_is_a_token_that_exists() -> None:
    defined = set(re.findall(r"(--[\w-]+):", "".join(path.read_text(encoding="utf-8") for path in STYLES)))
    used = {
        name for path in STYLES for name in re.findall(r"var\((--[\w-]+)\)", path.read_text(encoding="utf-8"))
    }
    assert "--accent" in used
    assert used - defined == set()
