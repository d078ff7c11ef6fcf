"""Hosts of each Debian release for the package, which is built once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.host import fresh
from tests.host.machine import Machine
from tests.host.package.debs import Debs, build
from tests.host.package.host import Host

STUB = Path(__file__).parents[1] / "inside" / "stub"
_ASKED = os.environ.get("TGCFD_HOST_SUITE")
SUITES = [_ASKED] if _ASKED else list(fresh.SUITES)

Boot = Callable[[Path], AbstractContextManager[Host]]


@pytest.fixture(scope="session")
def debs(tmp_path_factory: pytest.TempPathFactory) -> Debs:
    """The two packages; beside them the worker that stands in for a real one."""
    folder = tmp_path_factory.mktemp("debs")
    folder.chmod(0o755)
    shutil.copytree(STUB, folder / "stub")
    return build(folder)


@pytest.fixture(scope="session", params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    """A Debian release."""
    return str(request.param)


@pytest.fixture
def boot(debs: Debs) -> Boot:
    """Boots a machine on a tree, with the packages at /src."""

    @contextmanager
    def boot(tree: Path) -> Iterator[Host]:
        with Machine.boot(tree, install=False, source=debs.folder) as machine:
            yield Host(machine, debs)

    return boot


@pytest.fixture
def fresh_host(suite: str, debs: Debs, boot: Boot) -> Iterator[Host]:
    """A host that has never met tgcfd, nor Python."""
    with boot(fresh.fresh(suite, fresh.depends(debs.folder / debs.first))) as host:
        yield host


@pytest.fixture
def host(suite: str, debs: Debs, boot: Boot) -> Iterator[Host]:
    """A host that has what the package depends on, but never had the package."""
    with boot(fresh.prepared(suite, fresh.depends(debs.folder / debs.first))) as host:
        yield host
