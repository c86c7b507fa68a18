#!/bin/sh
# Installs the programs that the tests drive, where it may (root, or sudo without a password); otherwise says in one
# line what to install, and the tests that need it are skipped with their reason (or fail, with CI=true).
set -eu

missing=""
have() { command -v "$1" >/dev/null 2>&1; }
have chromium || have chromium-browser || have google-chrome || missing="$missing chromium"
have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
have exiftool || missing="$missing libimage-exiftool-perl"
have node || missing="$missing nodejs"
{ have fc-list && [ -n "$(fc-list :lang=zh 2>/dev/null)" ]; } || missing="$missing fontconfig fonts-noto-cjk"
have soffice || missing="$missing libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui"
[ -n "$missing" ] || exit 0

as=""
[ "$(id -u)" = 0 ] || as="sudo -n"
if ! have apt-get || ! $as true 2>/dev/null; then
    echo "Some tests need more than is here. Install:$missing (Debian: sudo apt-get install$missing)"
    exit 0
fi
echo "Installing for the tests:$missing"
export DEBIAN_FRONTEND=noninteractive
$as apt-get update -qq
$as apt-get install -y -qq --no-install-recommends $missing >/dev/null
