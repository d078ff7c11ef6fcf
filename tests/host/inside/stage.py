"""What the tests of the broker and of workers' units share: callers, workers that do what a test wants, and waiting."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

USERS = Path("/var/lib/private/tgcfd/users")
DROP_INS = Path("/etc/tgcfd/tgcfd.yml.d")
STUB = Path("/usr/lib/tgcfd-stub")
WITHIN = 15.0  # seconds for what takes a moment on a quiet machine

_RUNNER = '''
import json, os, socket, sys
from pathlib import Path


def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])


def answer(value):
    Path("answer.part").write_text(json.dumps(value))
    Path("answer.part").rename("answer.json")


def trying(deed):
    """What came of it: the errno's name, or "done"."""
    import errno
    try:
        found = deed()
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    return "done" if found is None else found


exec(compile(Path("do.py").read_text(), "do.py", "exec"))
'''

T = TypeVar("T")


def until(found: Callable[[], T], within: float = WITHIN) -> T:
    """Ask until the answer is true, and return it; an AssertionError when that takes too long."""
    deadline = time.monotonic() + within
    while not (answer := found()):
        assert time.monotonic() < deadline, f"not within {within:g} s; the last answer was {answer!r}"
        time.sleep(0.02)  # between two questions
    return answer


def said(*words: str) -> str:
    """What a command says; it must succeed."""
    result = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, f"{words}: {result.stdout}{result.stderr}"
    return result.stdout


def show(unit: str, *names: str) -> list[str]:
    """Properties of a unit, as systemctl says them."""
    found = dict(line.partition("=")[::2] for line in said("systemctl", "show", unit).splitlines())
    return [found.get(name, "") for name in names]  # systemctl leaves out what is empty


def state(slug: str) -> str:
    """The ActiveState of a worker's unit; "none" when there is no such unit."""
    loaded, active = show(f"tgcf@{slug}.service", "LoadState", "ActiveState")
    return active if loaded == "loaded" else "none"


def call(user: str, method: str, *arguments: str, timeout: float = 20) -> subprocess.CompletedProcess[str]:
    """Call the broker as a user."""
    words = ["busctl", "call", "org.tgcfd.Units1", "/org/tgcfd/Units1", "org.tgcfd.Units1", method]
    kinds = [] if not arguments else ["s" * len(arguments), "--", *arguments]
    become = ["setpriv", f"--reuid={user}", f"--regid={user_group(user)}", "--clear-groups"]
    return subprocess.run([*become, *words, *kinds], capture_output=True, text=True, timeout=timeout, check=False)


def user_group(user: str) -> str:
    return said("id", "-g", user).strip()


def refusal(user: str, method: str, *arguments: str) -> str:
    """Call the broker, which must refuse; what it says."""
    result = call(user, method, *arguments)
    assert result.returncode != 0, f"{method} {arguments} was not refused: {result.stdout}"
    return result.stderr.strip()


def ask(method: str, *arguments: str) -> str:
    """Call the broker as the daemon does; it must not refuse."""
    result = call("tgcfd", method, *arguments)
    assert result.returncode == 0, f"{method} {arguments}: {result.stderr}"
    return result.stdout.strip()


def stop_all() -> None:
    """End all workers, and clear their folders."""
    subprocess.run(
        ["systemctl", "kill", "--signal=KILL", "tgcf@*.service"], check=False, timeout=60, capture_output=True
    )
    subprocess.run(["systemctl", "stop", "tgcf@*.service"], check=False, timeout=60)
    subprocess.run(["systemctl", "reset-failed"], check=False, timeout=60)
    if USERS.is_dir():
        for folder in USERS.iterdir():
            if folder.is_symlink() or not folder.is_dir():
                folder.unlink()
            else:
                shutil.rmtree(folder)


def use_stub(settings: str = "", stop_seconds: int = 2) -> None:
    """Let workers run a test's own code in place of tgcf, in otherwise unchanged units; with more settings in YAML."""
    shutil.rmtree(STUB, ignore_errors=True)
    runner = STUB / "tgcfd" / "runner"
    runner.mkdir(parents=True)
    (STUB / "tgcfd" / "__init__.py").touch()
    (runner / "__init__.py").touch()
    (runner / "__main__.py").write_text(_RUNNER)
    shutil.copy("/usr/lib/python3/dist-packages/tgcfd/runner/restarts.py", runner)
    (DROP_INS / "50-stub.yml").write_text(f"worker: {{path: [{STUB}], stop_seconds: {stop_seconds}}}\n{settings}\n")


def use_tgcf() -> None:
    """Let workers run tgcf again."""
    (DROP_INS / "50-stub.yml").unlink(missing_ok=True)


def prepare(slug: str, code: str) -> Path:
    """Put code into a person's folder, for the stub to run; the folder."""
    folder = USERS / slug
    folder.mkdir(exist_ok=True)
    (folder / "answer.json").unlink(missing_ok=True)
    (folder / "do.py").write_text(code)
    (folder / "do.py").chmod(0o644)
    return folder


def start(slug: str, code: str, profile: str = "standard") -> Path:
    """Start a worker that runs this code; its folder."""
    folder = prepare(slug, code)
    ask("Start", slug, "live", profile)
    return folder


def answer(folder: Path) -> Any:
    """What the code gave to ``answer()``, once it did."""
    return until(lambda: [json.loads(path.read_text()) for path in [folder / "answer.json"] if path.exists()])[0]


def tried(slug: str, code: str) -> Any:
    """Run code in a worker, end it, and return what it gave to ``answer()``."""
    found = answer(start(slug, code + "\nnotify('READY=1')\nimport signal\nsignal.pause()\n"))
    ask("Kill", slug)
    until(lambda: state(slug) == "none")
    return found


READY = "notify('READY=1\\nSTATUS=Live: 3 connections, 128 forwarded, last 12:01')\nimport signal\nsignal.pause()\n"
"""Code of a worker that is well."""
