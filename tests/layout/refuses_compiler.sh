#!/bin/sh
# The configure step refuses a compiler that miscompiles coroutines, in one sentence. Usage: SOURCE_ROOT
if ! command -v g++ > /dev/null || ! g++ -dumpfullversion | grep -q '^12\.'; then
  echo 'there is no g++ 12 here to refuse'
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if CC=gcc CXX=g++ CXXFLAGS= meson setup "$folder/build" "$1" > "$folder/log" 2>&1; then
  echo 'g++ 12 was accepted'
  exit 1
fi
grep 'ERROR' "$folder/log"
grep -q 'ERROR.* gcc 12\..* miscompiles coroutines (shape 1 .*Type: CC=clang-19 CXX=clang++-19 meson setup' "$folder/log"
