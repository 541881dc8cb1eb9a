#!/usr/bin/env python3
"""Writes the source text of a page: extract.py PAGE OUTPUT"""

import pathlib
import sys

import page

pathlib.Path(sys.argv[2]).write_text(page.program(pathlib.Path(sys.argv[1]).resolve()), encoding="utf-8")
