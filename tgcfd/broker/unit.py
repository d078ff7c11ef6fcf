"""Composes a worker's unit. Pure: settings and three checked words in, properties for StartTransientUnit out."""

from __future__ import annotations

from dataclasses import dataclass

from tgcfd.broker.errors import BadProfile
from tgcfd.broker.sandbox import SANDBOX
from tgcfd.broker.settings import Profile, Settings

USERS = "tgcfd/users"
"""The people's folders, below /var/lib/private (DynamicUser= puts StateDirectory= there)."""

_SECOND = 1_000_000  # systemd counts microseconds
_MIB = 1024 * 1024
_EX_CONFIG = 78  # the runner's exit code when only the person can change something

Properties = list[tuple[str, str, object]]
"""Name, D-Bus type and value; a name may come twice, and then adds to what it said before."""


@dataclass(frozen=True)
class Wanted:
    """Which worker is to be started; ``start`` is a number that no other start of it has."""

    slug: str
    mode: str
    profile: str
    start: int


def unit_name(slug: str) -> str:
    """Return the name of a worker's unit."""
    return f"tgcf@{slug}.service"


def folder(slug: str) -> str:
    """Return a person's folder, as PID 1 sees it."""
    return f"/var/lib/private/{USERS}/{slug}"


def compose(wanted: Wanted, settings: Settings) -> Properties:
    """Return the whole unit. Raises BadProfile if the settings do not have that profile."""
    limits = settings.profiles.get(wanted.profile)
    if limits is None:
        raise BadProfile(f"there is no profile {wanted.profile} in this host's settings")
    return [
        *_life(wanted, settings),
        *_commands(wanted, settings),
        *_place(wanted.slug, settings),
        *_limits(limits),
        *SANDBOX,
    ]


def _life(wanted: Wanted, settings: Settings) -> Properties:
    """When it counts as started, how it ends, and what happens then."""
    return [
        ("Description", "s", f"tgcf of {wanted.slug}: {wanted.mode} mode"),
        ("Type", "s", "notify"),
        ("NotifyAccess", "s", "exec"),  # the gate before the start says STATUS=, too
        ("WatchdogUSec", "t", 120 * _SECOND),
        # Longer than the gate's longest wait (6 minutes): EXTEND_TIMEOUT_USEC= is forgotten at a daemon-reload.
        ("TimeoutStartUSec", "t", 420 * _SECOND),
        ("TimeoutStopUSec", "t", settings.worker.stop_seconds * _SECOND),
        ("KillMode", "s", "mixed"),
        ("CollectMode", "s", "inactive-or-failed"),  # or a failed unit would be in the way of the next start
        ("Restart", "s", "on-failure"),
        ("RestartUSec", "t", _SECOND),  # the gate makes the delay grow
        ("RestartPreventExitStatus", "(aiai)", ([_EX_CONFIG], [])),
        # More starts than the gate ever lets through: then it cannot run itself (no such Python), or is played with.
        ("StartLimitIntervalUSec", "t", 300 * _SECOND),
        ("StartLimitBurst", "u", 30),
    ]


def _commands(wanted: Wanted, settings: Settings) -> Properties:
    worker, telegram = settings.worker, settings.telegram
    # -P, -s: no code from the working directory (a person's folder) and none from a home directory
    python = [worker.python, "-P", "-s", "-m"]
    gate = [*python, "tgcfd.runner.restarts", str(wanted.start)]
    run = [*python, "tgcfd.runner", wanted.mode, "--probe", str(worker.probe_seconds)]
    if telegram.data_center is not None:
        run += ["--dc", telegram.data_center]
    if telegram.public_key_file is not None:
        run += ["--dc-key", telegram.public_key_file]
    environment = [
        f"HOME={folder(wanted.slug)}",
        "LANG=C.UTF-8",
        f"PYTHONPATH={':'.join(worker.path)}",
        "PYTHONUNBUFFERED=1",
        "PYTHONDONTWRITEBYTECODE=1",
    ]
    # Trap of systemd 252: ExecStartEx would be gone after a daemon-reload, and the unit with it at its next restart.
    return [
        ("ExecStartPre", "a(sasb)", [(worker.python, _literal(gate), True)]),  # True: whatever it says, go on
        ("ExecStart", "a(sasb)", [(worker.python, _literal(run), False)]),
        ("Environment", "as", environment),
        ("SyslogIdentifier", "s", "tgcf"),
        ("LogRateLimitIntervalUSec", "t", 30 * _SECOND),
        ("LogRateLimitBurst", "u", 5_000),  # journald allows several times as much while its disk is empty
    ]


def _literal(words: list[str]) -> list[str]:
    """Keep systemd from putting variables into a command line."""
    return [word.replace("$", "$$") for word in words]


def _place(slug: str, settings: Settings) -> Properties:
    """Who it is, and where."""
    # They may be where the sandbox puts nothing else. What is not there is the runner's to report, in words.
    needed = [*settings.worker.path, settings.worker.python]
    if settings.telegram.public_key_file is not None:
        needed.append(settings.telegram.public_key_file)
    return [
        ("Slice", "s", "tgcf.slice"),
        ("DynamicUser", "b", True),
        ("User", "s", f"tgcf-{slug}"),
        ("Group", "s", "tgcfd-worker"),
        ("StateDirectory", "as", [f"{USERS}/{slug}"]),
        ("StateDirectoryMode", "u", 0o770),  # systemd takes a set-group-ID bit away, whatever is asked for here
        ("UMask", "u", 0o007),
        ("WorkingDirectory", "s", folder(slug)),
        ("BindReadOnlyPaths", "a(ssbt)", [(path, path, True, 0) for path in needed if _is_hidden(path)]),
    ]


def _is_hidden(path: str) -> bool:
    """Whether the sandbox hides the place where this is."""
    return path.startswith(("/home/", "/root/", "/run/", "/tmp/", "/var/"))  # noqa: S108  # no file is made there


def _limits(profile: Profile) -> Properties:
    return [
        ("MemoryMax", "t", profile.memory_mib * _MIB),
        ("MemorySwapMax", "t", profile.memory_mib * _MIB),
        ("TasksMax", "t", profile.tasks),
        ("CPUQuotaPerSecUSec", "t", profile.cpu_percent * _SECOND // 100),
        ("IOWeight", "t", profile.io_weight),
        ("LimitNOFILE", "t", profile.open_files),
        ("CPUAccounting", "b", True),
        ("IOAccounting", "b", True),
        ("MemoryAccounting", "b", True),
        ("TasksAccounting", "b", True),
    ]
