"""A person's configuration as a file to take away: for tgcfd, for other programs, for tgcf itself."""

from __future__ import annotations

import copy
import json
from enum import StrEnum

from tgcfd.config import emit, schema
from tgcfd.config.plain import Config
from tgcfd.config.render import render


class ExportFormat(StrEnum):
    """What the file is to be."""

    YAML = "yaml"
    JSON = "json"
    TGCF = "tgcf"

    @property
    def file_name(self) -> str:
        """What the file is called where it is stored."""
        return "tgcf.config.yml" if self is ExportFormat.YAML else "tgcf.config.json"

    @property
    def content_type(self) -> str:
        """The media type of the file."""
        return "text/yaml" if self is ExportFormat.YAML else "application/json"


def exported(config: Config, kind: ExportFormat, *, with_secrets: bool) -> bytes:
    """Return the complete configuration as a file. Without secrets those are empty, so an import keeps its own.

    ``TGCF`` is what tgcf 1.1.8 reads: ids are numbers in it, and the rules stand in it a second time as YAML.
    """
    shown = schema.fill(config) if with_secrets else _without_secrets(schema.fill(config))
    if kind is ExportFormat.YAML:
        return emit.block(shown, 0).encode()
    content = render(shown) if kind is ExportFormat.TGCF else shown
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _without_secrets(config: Config) -> Config:
    shown = copy.deepcopy(config)
    for section, name in schema.secret_paths():
        shown[section][name] = ""
    return shown
