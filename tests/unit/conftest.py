"""Who runs a test."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def not_root(tmp_path: Path) -> Iterator[str]:
    """The name of whoever runs the test, who is made somebody who may not read everything.

    They may come as far as ``tmp_path``; whether they may look into it is the test's.
    """
    before = os.geteuid()
    if before == 0:
        root = Path(tempfile.gettempdir())
        for folder in tmp_path.parents:
            if folder.is_relative_to(root) and folder != root:
                folder.chmod(0o755)
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    yield pwd.getpwuid(os.geteuid()).pw_name
    os.seteuid(before)
