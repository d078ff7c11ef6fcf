"""The person's ``tgcf.config.yml``: read within bounds, changed in place, written back as the person wrote it."""

from __future__ import annotations

import contextlib

from tgcfd.config import emit
from tgcfd.config.edit import CannotEdit, Editor, Wanted, key_order, says, without_aliases
from tgcfd.config.plain import Config
from tgcfd.config.reader import Map, YamlUnreadable, line_of, read, value
from tgcfd.errors import ConfigInvalid, ConfigUnreadable, Violation

MAX_BYTES = 1024 * 1024
# In replacement rules the order counts: they are applied one after the other.
_ORDERED = frozenset({("plugins", "replace", "text")})


class Document:
    """One YAML document: a mapping, or nothing but comments."""

    def __init__(self, text: str, *, crlf: bool = False) -> None:
        """Take a text that ends with a line break or is empty; raises YamlUnreadable."""
        self._text = text
        self._crlf = crlf
        root = read(text)
        if root is not None and not isinstance(root, Map):
            if value(root) is not None:
                raise YamlUnreadable(root.line, "a configuration is a mapping, with lines like “admins: []”.")
            root = None
        self._root = root
        self._plain: Config = value(root) or {}

    @classmethod
    def load(cls, data: bytes) -> Document:
        """Read a file's bytes. Raises ConfigUnreadable, with the line that is wrong."""
        if len(data) > MAX_BYTES:
            raise ConfigUnreadable(f"The file is larger than {MAX_BYTES} bytes.")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            fault = Violation("", "this is not text in UTF-8.", line)
            raise ConfigUnreadable(f"Line {line}: {fault.detail}", errors=[fault]) from None
        crlf = "\r\n" in text
        text = text.replace("\r\n", "\n")
        if text and not text.endswith("\n"):
            text += "\n"
        try:
            return cls(text, crlf=crlf)
        except YamlUnreadable as error:
            raise ConfigUnreadable(str(error), errors=[Violation("", error.reason, error.line)]) from None

    @property
    def text(self) -> str:
        """What it was read from, with simple line ends."""
        return self._text

    @property
    def root(self) -> Map | None:
        """The tree of ``text``."""
        return self._root

    def plain(self) -> Config:
        """Return what it says as plain values. Not a copy: do not change it."""
        return self._plain

    def line(self, place: str) -> int:
        """Return the line, counted from 1, of the value at a JSON pointer, or of the nearest one around it."""
        return line_of(self._root, [part.replace("~1", "/").replace("~0", "~") for part in place.split("/")[1:]])

    def apply(self, new: Config, small: Config) -> None:
        """Make it say ``new``, of which ``small`` is the part that differs from the defaults.

        What is equal stays as it stands, to the character; what changed changes in place; what ``new`` lacks goes,
        with the comments straight before it; what it did not mention and is at its default is not added. A text that
        shares values by aliases gets them written out when one of them changes. Only where even that cannot be done
        in place (``? key``, a key on the line of its dash's dash) the file is written anew, below its first comment.
        Raises ConfigInvalid if not even that reads back as ``new``.
        """
        wanted = Wanted(new, small)
        if _is_said(self._plain, wanted):
            return
        for attempt in (self._edited, self._edited_without_aliases, self._anew):
            with contextlib.suppress(CannotEdit, YamlUnreadable):
                changed = Document(attempt(wanted), crlf=self._crlf)
                if _is_said(changed._plain, wanted):
                    self._text, self._root, self._plain = changed._text, changed._root, changed._plain
                    return
        # None is known: what is within plain.bound can be written.
        raise ConfigInvalid("This configuration cannot be written as YAML. Leave out what is unusual in it.")

    def dump(self) -> bytes:
        """Return the file's bytes."""
        text = self._text.replace("\n", "\r\n") if self._crlf else self._text
        return text.encode()

    def _edited(self, wanted: Wanted) -> str:
        if self._root is None:
            return self._comments() + (emit.block(wanted.small, 0) if wanted.small else "")
        return Editor(self._text, _ORDERED).rewritten(self._root, wanted)

    def _edited_without_aliases(self, wanted: Wanted) -> str:
        if self._root is None:
            raise CannotEdit
        plainer = Document(without_aliases(self._text, self._root))
        return plainer._edited(wanted)

    def _anew(self, wanted: Wanted) -> str:
        return self._comments() + (emit.block(wanted.small, 0) if wanted.small else "{}\n")

    def _comments(self) -> str:
        """Return the comments that the file starts with."""
        lines = self._text.split("\n")[:-1]
        first = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
        return "".join(line + "\n" for line in lines[:first])


def _is_said(plain: Config, wanted: Wanted) -> bool:
    return says(plain, wanted) and all(key_order(plain, name) == key_order(wanted.full, name) for name in _ORDERED)
