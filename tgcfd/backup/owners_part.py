"""What has to be done as the data's owner, when root is asked to do it: in a child that gives up root's rights."""

from __future__ import annotations

import json
import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tgcfd.errors import Refused, SettingsError
from tgcfd.owner import become_owner, owner_of

Work = Callable[[], Any]
"""Returns what JSON can hold."""


def as_owner(state_dir: Path, work: Work) -> Any:  # noqa: ANN401
    """Do it as the owner of the data in ``state_dir``, and return what it returns.

    Raises :class:`Refused`, SettingsError and OSError as ``work`` does.
    """
    if os.geteuid() != 0 or owner_of(state_dir).uid == 0:
        become_owner(state_dir)
        return work()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _be_the_child(writing, state_dir, work)
    os.close(writing)
    try:
        with open(reading, "rb") as answers:  # noqa: PTH123 - a descriptor
            answer = answers.read()
    except BaseException:
        os.kill(child, signal.SIGTERM)
        raise
    finally:
        os.waitpid(child, 0)
    return _result(answer)


def _be_the_child(writing: int, state_dir: Path, work: Work) -> None:
    code = 1
    try:
        answer = _answer(state_dir, work)
        with open(writing, "wb") as answers:
            answers.write(json.dumps(answer).encode("ascii"))
        code = 0
    except (KeyboardInterrupt, SystemExit):
        code = 0  # the parent is told as well, and says so
    except BaseException:  # noqa: BLE001 - the parent's stack must not be unwound a second time
        traceback.print_exc()
    finally:
        os._exit(code)


def _answer(state_dir: Path, work: Work) -> dict[str, Any]:
    try:
        become_owner(state_dir)
        return {"result": work()}
    except Refused as error:
        return {"refused": str(error)}
    except SettingsError as error:
        return {"settings": str(error)}
    except OSError as error:
        return {"errno": error.errno, "text": error.strerror or str(error), "file": str(error.filename or "")}


def _result(answer: bytes) -> Any:  # noqa: ANN401
    if not answer:
        raise Refused("it was ended before it was through")
    found = json.loads(answer)
    if "refused" in found:
        raise Refused(found["refused"])
    if "settings" in found:
        raise SettingsError(found["settings"])
    if "errno" in found:
        raise OSError(found["errno"], found["text"], found["file"] or None)
    return found["result"]
