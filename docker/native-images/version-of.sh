#!/bin/sh
# The version that a cache entry's manifest tells, as a tag: epoch and package revision are left out.
set -eu
sed -n 's/^{"version":"\([^"]*\)".*/\1/p' "$1/manifest.json" | sed -e 's/^[0-9]*://' -e 's/-[^-]*$//' -e 's/[+~].*//'
