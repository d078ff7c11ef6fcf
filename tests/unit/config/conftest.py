"""A store with somebody's folder in it, and the real tgcf's own models."""

import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tgcfd.config.store import ConfigStore

ROOT = Path(__file__).parents[3]
RUNTIME = Path(os.environ.get("TGCFD_TEST_RUNTIME", ROOT / "build" / "runtime")).resolve()

MODELS = """
import json, sys
from tgcf.config import Config
asked = json.load(sys.stdin)
if asked is None:
    print(json.dumps({"schema": Config.schema(), "defaults": json.loads(Config().json())}))
else:
    def seen(config):
        try:
            return json.loads(Config.parse_obj(config).json())
        except ValueError as error:
            return str(error)
    print(json.dumps([seen(config) for config in asked]))
"""


@pytest.fixture(scope="session")
def ask_tgcf(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Any]:
    """Hand configurations to the real tgcf 1.1.8: what its models make of each, or its complaint; None: the models."""
    if not (RUNTIME / "tgcf").is_dir():
        pytest.fail(f"no tgcf in {RUNTIME}: run `make build/runtime`, or set TGCFD_TEST_RUNTIME")
    folder = tmp_path_factory.mktemp("tgcf")

    def ask(configs: Any) -> Any:
        done = subprocess.run(
            ["/usr/bin/python3", "-c", MODELS],
            input=json.dumps(configs),
            capture_output=True,
            text=True,
            cwd=folder,  # tgcf writes its configuration there at import
            env={"PYTHONPATH": str(RUNTIME), "PATH": "/usr/bin:/bin", "PASSWORD": "x"},
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ConfigStore]:
    store = ConfigStore(tmp_path / "users")
    yield store
    await store.close()


@pytest.fixture
async def folder(store: ConfigStore) -> Path:
    return await store.ensure("alice")
