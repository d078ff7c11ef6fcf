"""What the command ``tgcfd`` can do. A module for each: ``add`` says which words it takes, ``run`` does it.

What a command alone needs is imported when it runs: none should wait for another's libraries.
"""

from __future__ import annotations

import argparse
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - has no other name
