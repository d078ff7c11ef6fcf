"""Imports tgcf without what a worker does not need: memory per worker decides how many people fit on a host.

tgcf 1.1.8 and Telethon 1.26 import MongoDB's client, python-dotenv, PyYAML, importlib.metadata, PIL, hachoir, aiohttp
and ssl at start, for features that a worker does not use, or uses rarely. Each is replaced before the first import.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from tgcfd.runner.reasons import Code, Ended, reason

# asyncio and Telethon wrap these imports in try/except ImportError and go on without them. Telegram's protocol has an
# encryption of its own: `ssl` serves proxies and web pages only.
_OPTIONAL = ("PIL", "hachoir", "aiohttp", "ssl")
# tgcf would obey these, or a .env file; a worker is controlled by its configuration alone.
_IGNORED_VARIABLES = ("MONGO_CON_STR", "MONGO_DB_NAME", "MONGO_COL_NAME", "FAKE", "LOUD", "DEV", "TGCF_MODE")


def enabled_plugins(config: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the plugins that are switched on in a configuration document."""
    plugins = config.get("plugins")
    if not isinstance(plugins, Mapping):
        return frozenset()
    return frozenset(name for name, value in plugins.items() if isinstance(value, Mapping) and value.get("check"))


def require(config: Mapping[str, Any]) -> None:
    """Check that each plugin has the modules, programs and files it needs.

    Where a module is missing, tgcf itself ends with an UnboundLocalError; where a program is, it drops messages.
    """
    enabled = enabled_plugins(config)
    if "ocr" in enabled:
        _require_modules("ocr", ("pytesseract", "PIL"))
        _require_program("ocr", "tesseract")
    if "mark" in enabled:
        _require_modules("mark", ("requests",))
        _require_program("mark", "ffmpeg")
        image = str(config["plugins"]["mark"].get("image", "image.png"))
        if not image.startswith("https://") and not Path(image).is_file():
            _unavailable("mark", f"its image file {image}", "upload the image")


def _require_modules(plugin: str, names: tuple[str, ...]) -> None:
    for name in names:
        if PathFinder.find_spec(name) is None:  # not importlib.util's: it sees the blocks that `prepare` made
            _unavailable(plugin, f"the Python module {name}", "ask the host's owner to install it")


def _require_program(plugin: str, name: str) -> None:
    if shutil.which(name) is None:
        _unavailable(plugin, f"the program {name}", "ask the host's owner to install it")


def _unavailable(plugin: str, missing: str, remedy: str) -> None:
    raise Ended(reason(Code.PLUGIN_UNAVAILABLE, plugin=plugin, missing=missing, remedy=remedy))


def blocked_modules(enabled: frozenset[str]) -> tuple[str, ...]:
    """Return the optional modules that these plugins do not need."""
    needed = {"ocr": {"PIL"}, "mark": {"PIL", "hachoir", "ssl"}}
    used = {name for plugin in enabled for name in needed.get(plugin, ())}
    return tuple(name for name in _OPTIONAL if name not in used)


def prepare(config: Mapping[str, Any]) -> None:
    """Make ``import tgcf`` lean. Call once, before anything imports tgcf, Telethon or asyncio."""
    for name in _IGNORED_VARIABLES:
        os.environ.pop(name, None)
    os.environ["PASSWORD"] = "unused"  # noqa: S105 - silences a warning about tgcf's web page, which does not run
    for name in blocked_modules(enabled_plugins(config)):
        sys.modules[name] = None  # type: ignore[assignment]  # makes `import name` raise ImportError
    _stub("pymongo", MongoClient=None)
    _stub("pymongo.collection", Collection=object)
    _stub("dotenv", load_dotenv=lambda *_args, **_options: False)
    _stub("yaml")  # live_bot's `yaml` is replaced by tgcfd.runner.commands
    _import_tgcf_without_metadata()


def _stub(name: str, **members: object) -> None:
    module = ModuleType(name, "An empty stand-in; see tgcfd.runner.lean.")
    vars(module).update(members)
    sys.modules[name] = module


def real_yaml() -> ModuleType:
    """Import PyYAML itself, for the bot command that brought YAML."""
    if not hasattr(sys.modules.get("yaml"), "safe_load"):
        sys.modules.pop("yaml", None)
    return importlib.import_module("yaml")


def _import_tgcf_without_metadata() -> None:
    """Import the package tgcf, which asks importlib.metadata for its own version: 12-40 ms for one string."""
    real = sys.modules.pop("importlib.metadata", None)
    _stub("importlib.metadata", version=_installed_version)
    try:
        importlib.import_module("tgcf")
    finally:
        del sys.modules["importlib.metadata"]
        if real is not None:
            sys.modules["importlib.metadata"] = real


def _installed_version(package: str) -> str:
    """Read a package's version off the name of its dist-info directory."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return "unknown"
    for found in Path(spec.origin).parent.parent.glob(f"{package}-*.dist-info"):
        return found.name.removeprefix(f"{package}-").removesuffix(".dist-info")
    return "unknown"
