#!/bin/sh
# Installs a build into an empty folder and uses what lies there: program, data, desktop entry, icon, types, completion.
# usage: installed_tree.sh CMAKE BUILD_FOLDER
set -eu
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
fail() { echo "installed_tree: $*" >&2; exit 1; }

"$1" --install "$2" --prefix "$prefix" > "$prefix/install.log" || { cat "$prefix/install.log"; fail "cmake --install failed"; }
program=$prefix/bin/attnscope-gui
share=$prefix/share
for file in applications/attnscope-gui.desktop icons/hicolor/scalable/apps/attnscope-gui.svg \
    mime/packages/attnscope-gui.xml metainfo/attnscope-gui.metainfo.xml \
    bash-completion/completions/attnscope-gui fish/vendor_completions.d/attnscope-gui.fish \
    zsh/site-functions/_attnscope-gui attnscope/models.json; do
  [ -s "$share/$file" ] || fail "share/$file is missing"
done
grep -q "^Exec=attnscope-gui" "$share/applications/attnscope-gui.desktop" || fail "the desktop entry starts something else"

unset DISPLAY WAYLAND_DISPLAY QT_QPA_PLATFORM ATTNSCOPE_DATA
HOME=$prefix XDG_CONFIG_HOME=$prefix XDG_RUNTIME_DIR=$prefix
export HOME XDG_CONFIG_HOME XDG_RUNTIME_DIR
"$program" --version | grep -q "^attnscope-gui " || fail "--version"
"$program" --render tradeoff -o "$prefix/figure.svg" "$share"/attnscope/samples/*.jsonl || fail "--render"
grep -q "</svg>" "$prefix/figure.svg" || fail "the figure is no SVG"
bash -n "$share/bash-completion/completions/attnscope-gui" || fail "bash completion"

# Validators, where they are installed.
if command -v desktop-file-validate > /dev/null; then
  desktop-file-validate "$share/applications/attnscope-gui.desktop" || fail "desktop entry"
fi
if command -v xmllint > /dev/null; then
  for file in mime/packages/attnscope-gui.xml metainfo/attnscope-gui.metainfo.xml icons/hicolor/scalable/apps/attnscope-gui.svg; do
    xmllint --noout "$share/$file" || fail "$file is no XML"
  done
fi
if command -v appstreamcli > /dev/null; then
  # The project owns no domain that its identifier could begin with.
  appstreamcli validate --no-net --override=cid-desktopapp-is-not-rdns=info "$share/metainfo/attnscope-gui.metainfo.xml" > "$prefix/appstream.log" || {
    cat "$prefix/appstream.log"
    fail "AppStream data"
  }
fi
echo "installed tree: fine"
