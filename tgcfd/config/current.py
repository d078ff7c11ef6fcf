"""One person's configuration file: read, checked, changed. Blocks; the store has one call at a time for each person."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tgcfd.config import checks, history, plain, schema, secrets, takeback
from tgcfd.config.diff import Change, changes
from tgcfd.config.document import MAX_BYTES, Document
from tgcfd.config.folder import Folder, NotAFile
from tgcfd.config.history import YAML_NAME, etag_of
from tgcfd.config.masked import mask, unmask
from tgcfd.config.patch import patched
from tgcfd.config.plain import Config, Json
from tgcfd.config.versions import TGCF, By
from tgcfd.errors import ConfigChanged, ConfigInvalid, ConfigUnreadable, Violation

JSON_NAME = "tgcf.config.json"

_WAY_OUT = "Storing a new configuration replaces the file; the old one is kept in history/."


@dataclass(frozen=True)
class StoredConfig:
    """A configuration with every setting, secrets included, and the hash of the file's bytes."""

    config: Config
    etag: str


@dataclass(frozen=True)
class Saved:
    """What is stored after a change; ``changes``: by whom and how many settings, None if it is no new version."""

    stored: StoredConfig
    by: By
    changes: int | None


@dataclass(frozen=True)
class Edit:
    """How a change is asked for: by whom, over which version (None: any), and whether to store it or just to check."""

    by: By
    if_match: str | None = None
    check: bool = False


def ensure(path: Path) -> None:
    """Make the folder where it is absent."""
    with opened(path):
        pass


def read(path: Path) -> StoredConfig:
    """Return the configuration; without a file, the defaults. Raises ConfigUnreadable."""
    data, _, config = _read(path)
    return StoredConfig(config, etag_of(data))


def text(path: Path) -> tuple[bytes, str]:
    """Return the file itself, secrets masked, and the etag of what it holds. Raises ConfigUnreadable."""
    data, document, _ = _read(path)
    return mask(data, document), etag_of(data)


def _read(path: Path) -> tuple[bytes, Document, Config]:
    try:
        with Folder.opened(path) as folder:
            return _loaded(folder)
    except FileNotFoundError:
        return b"", Document.load(b""), schema.defaults()
    except NotAFile as error:
        raise ConfigUnreadable(str(error)) from None


def _loaded(folder: Folder) -> tuple[bytes, Document, Config]:
    """Return the file's bytes, and what they say with every setting; raises ConfigUnreadable, with the way out."""
    try:
        data = folder.read(YAML_NAME, MAX_BYTES)
        document = Document.load(data)
        return data, document, usable(document)
    except (NotAFile, ConfigUnreadable) as error:
        faults = error.errors if isinstance(error, ConfigUnreadable) else ()
        raise ConfigUnreadable(f"{error} {_WAY_OUT}", errors=faults) from None


def usable(document: Document) -> Config:
    """Return what the document says, with every setting, if it has the shape of one; raises ConfigUnreadable."""
    faults = _with_lines(document, schema.violations(document.plain()))
    if faults:
        first = min(faults, key=lambda fault: fault.line or 0)
        raise ConfigUnreadable(f"Line {first.line}: {first.pointer or 'the file'}: {first.detail}", errors=faults)
    return schema.fill(document.plain())


def replace(path: Path, posted: Json, edit: Edit) -> Saved:
    """Store ``posted`` (see ConfigStore.replace)."""
    return _edited(path, lambda _: posted, edit)


def patch(path: Path, change: Json, edit: Edit) -> Saved:
    """Store what is there with an RFC 7396 patch applied. Raises ConfigUnreadable as well."""

    def posted(stored: Document | None) -> Json:
        if stored is None or schema.violations(stored.plain()):
            read(path)  # says what is wrong with it
        return patched(stored.plain() if stored else {}, change)

    return _edited(path, posted, edit)


def _edited(path: Path, posted: Callable[[Document | None], Json], edit: Edit) -> Saved:
    with opened(path) as folder:
        data, document, has_gone_on = _found(folder, edit.if_match)
        config = _accepted(posted(document), document.plain() if document else {})
        if has_gone_on:
            _keep_offsets(config, document)
        old = _Old.of(data, document)
        return _store(folder, old, _rewritten(document or Document.load(b""), config), config, edit)


def replace_text(path: Path, new: bytes, edit: Edit) -> Saved:
    """Store a text as it is, ``********`` in it standing for what is stored (see ConfigStore.replace_text)."""
    with opened(path) as folder:
        data, old, has_gone_on = _found(folder, edit.if_match)
        try:
            document = Document.load(new)
        except ConfigUnreadable as error:
            raise invalid(error.errors or [Violation("", error.detail)]) from None
        new, document, faults = unmask(new, document, old)
        if faults:
            raise invalid(faults)
        faults = schema.violations(document.plain())
        faults = faults or checks.violations(schema.fill(document.plain()))
        if faults:
            raise invalid(_with_lines(document, faults))
        config = schema.fill(document.plain())
        if has_gone_on:
            _keep_offsets(config, old)
            new = _rewritten(document, config)
        return _store(folder, _Old.of(data, old), new, config, edit)


def restore(path: Path, id_: str, edit: Edit) -> Saved:
    """Store an earlier version again, secrets included. Raises NotFound, ConfigUnreadable and ConfigInvalid.

    Connections keep the offset that they have reached since: past mode would send all that lies between once more.
    """
    with opened(path) as folder:
        data, old, _ = _found(folder, edit.if_match)
        document = Document.load(history.version_of(folder, id_)[2])
        config = usable(document)
        _keep_offsets(config, old)
        faults = checks.violations(config)
        if faults:
            raise invalid(faults)
        return _store(folder, _Old.of(data, old), _rewritten(document, config), config, edit)


def _keep_offsets(config: Config, old: Document | None) -> None:
    """Keep how far past mode has come (see takeback.keep_offsets), if ``old`` has the shape of a configuration."""
    if old is not None and not schema.violations(old.plain()):
        takeback.keep_offsets(config, schema.fill(old.plain()))


def take_back(path: Path, base: Config, now: Json) -> Saved | None:
    """Take over what the running worker changed (see takeback.take_back); None if there is nothing to take."""
    with opened(path) as folder:
        data, document, current = _loaded(folder)
        taken = takeback.take_back(base, now, current)
        if taken is None:
            return None
        out_of_bounds = plain.bound(taken)
        if out_of_bounds and not plain.bound(current):
            raise invalid([out_of_bounds])
        old = _Old.of(data, document)
        new = _rewritten(document, taken)
        # Past mode moves offsets all the time: that must not push the person's own versions out of the history.
        if not plain.same(_without_offsets(taken), _without_offsets(current)):
            return _store(folder, old, new, taken, Edit(TGCF))
        folder.remove_leftovers()
        history.keep_going(folder, data, new)
        folder.write(YAML_NAME, new)
        return Saved(StoredConfig(taken, etag_of(new)), TGCF, None)


def _without_offsets(config: Config) -> Config:
    return config | {"forwards": [forward | {"offset": 0} for forward in config["forwards"]]}


def write_rendered(path: Path, rendered: Config) -> None:
    """Write what tgcf is to read."""
    data = json.dumps(rendered, ensure_ascii=False).encode()
    with opened(path) as folder:
        folder.remove_leftovers()
        folder.write(JSON_NAME, data)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Folder]:
    """Open the person's folder, made where it is absent; raises ConfigUnreadable for what is no folder or file."""
    try:
        with Folder.opened(path, create=True) as folder:
            yield folder
    except NotAFile as error:
        raise ConfigUnreadable(str(error)) from None


@dataclass(frozen=True)
class _Old:
    """What is about to be replaced: its bytes, and what they say; None for what cannot be read."""

    data: bytes | None
    said: Config | None

    @classmethod
    def of(cls, data: bytes | None, document: Document | None) -> _Old:
        """Return it for a document, which may be changed afterwards."""
        return cls(data, document.plain() if document else None)


def _found(folder: Folder, if_match: str | None) -> tuple[bytes | None, Document | None, bool]:
    """Return the file's bytes, and what they say; None for what cannot be read. Raises ConfigChanged.

    And whether tgcf has moved offsets on since the file had the etag ``if_match``. Nobody could save anything while
    past mode runs if that were a conflict; what is saved must not set them back, though: it was written without them.
    """
    try:
        data: bytes | None = folder.read(YAML_NAME, MAX_BYTES)
    except NotAFile:
        data = None
    has_gone_on = _has_gone_on(folder, if_match, data)
    try:
        return data, Document.load(data) if data is not None else None, has_gone_on
    except ConfigUnreadable:
        return data, None, has_gone_on


def _has_gone_on(folder: Folder, if_match: str | None, data: bytes | None) -> bool:
    etag = etag_of(data or b"")
    if if_match is None or if_match == etag:
        return False
    if data and history.has_gone_on(folder, if_match, data):
        return True
    raise ConfigChanged(
        "Somebody else, or tgcf itself, has changed the configuration since you read it. Read it again.",
        extra={"etag": etag},
        headers={"ETag": f'"{etag}"'},
    )


def _accepted(posted: Json, stored: Config) -> Config:
    """Return the complete configuration that ``posted`` means; raises ConfigInvalid."""
    out_of_bounds = plain.bound(posted)
    if out_of_bounds:
        raise invalid([out_of_bounds])
    merged, faults = secrets.merge(posted, stored)
    faults += schema.violations(merged)
    if faults:
        raise invalid(faults)
    config = schema.fill(merged)
    config["pid"] = 0
    out_of_bounds = plain.bound(config)  # with all defaults: what is read can be posted back
    if out_of_bounds:
        raise invalid([out_of_bounds])
    faults = checks.violations(config)
    if faults:
        raise invalid(faults)
    return config


def invalid(faults: Sequence[Violation]) -> ConfigInvalid:
    """Return the error that names all faults, the first one in its sentence."""
    first = faults[0]
    more = f" {len(faults) - 1} more: see errors." if len(faults) > 1 else ""
    line = f"Line {first.line}: " if first.line and not first.detail.startswith("Line ") else ""
    told = bool(first.line) or first.detail.startswith("Line ")
    place = f"{first.pointer[:200]}: " if first.pointer else "" if told else "The whole: "
    return ConfigInvalid(f"{line}{place}{first.detail}{more}", errors=faults)


def _with_lines(document: Document, faults: Sequence[Violation]) -> list[Violation]:
    return [Violation(fault.pointer, fault.detail, document.line(fault.pointer)) for fault in faults]


def _rewritten(document: Document, config: Config) -> bytes:
    document.apply(config, schema.minimal(config))
    return document.dump()


def _store(folder: Folder, old: _Old, new: bytes, config: Config, edit: Edit) -> Saved:
    """Write the configuration, ``new`` as a file's bytes, over the old one."""
    if len(new) > MAX_BYTES:
        raise invalid([Violation("", f"All of it together is larger than {MAX_BYTES} bytes.")])
    before = old.data if old.said is not None else None
    if edit.check:
        return Saved(StoredConfig(config, etag_of(old.data or b"")), edit.by, None)
    if new == before:
        return Saved(StoredConfig(config, etag_of(new)), edit.by, None)
    found = _changes(old.said, config)
    folder.remove_leftovers()
    history.keep(folder, before, new, edit.by, found)
    folder.write(YAML_NAME, new)
    return Saved(StoredConfig(config, etag_of(new)), edit.by, len(found))


def _changes(old: Config | None, new: Config) -> list[Change]:
    """Return what the new configuration changes; all of it if the old one is none."""
    if old is None or schema.violations(old):
        return [Change("", "changed")]
    return changes(schema.fill(old), new)
