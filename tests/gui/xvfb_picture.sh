#!/bin/sh
# The window on an X server looks as it does without a display.
# usage: xvfb_picture.sh PROGRAM RUN; exits with 77 (skipped) where there is no xvfb-run.
set -eu
command -v xvfb-run > /dev/null || { echo "skipped: xvfb-run is not installed"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
XDG_CONFIG_HOME=$folder XDG_RUNTIME_DIR=$folder
export XDG_CONFIG_HOME XDG_RUNTIME_DIR
unset QT_QPA_PLATFORM QT_SCALE_FACTOR WAYLAND_DISPLAY
(unset DISPLAY; "$1" --theme light --screenshot "$folder/offscreen.png" "$2")
QT_QPA_PLATFORM=xcb xvfb-run -a -s "-screen 0 1600x1000x24" "$1" --theme light --screenshot "$folder/x11.png" "$2"
cmp "$folder/offscreen.png" "$folder/x11.png" || { echo "the pictures differ"; exit 1; }
