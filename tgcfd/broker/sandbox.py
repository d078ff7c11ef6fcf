"""What keeps a worker in its place, the same for all of them: properties of its unit, as systemd.exec(5) names them.

A worker needs the Internet, its own folder, tgcf's runtime, Python, and children for plugins that read pictures or
mark videos. Everything else on the host is none of its business.
"""

from __future__ import annotations

_EPERM = 1

# All of these are read-only there, and need not exist.
_RUN = (
    "/run/systemd/notify",  # READY=1, STATUS=, WATCHDOG=1
    # name servers, which /etc/resolv.conf may lead to
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager/resolv.conf",
)

# Its own, or workers could leave things there for each other. What it holds counts as its memory.
_SHM = ("/dev/shm", "mode=1777,nosuid,nodev,noexec")  # noqa: S108  # no file is made there

SANDBOX: tuple[tuple[str, str, object], ...] = (
    ("AmbientCapabilities", "t", 0),
    ("CapabilityBoundingSet", "t", 0),
    ("DevicePolicy", "s", "closed"),
    ("KeyringMode", "s", "private"),
    ("LimitCORE", "t", 0),  # a core dump would hold the person's session
    ("LockPersonality", "b", True),
    ("MemoryDenyWriteExecute", "b", True),
    ("NoNewPrivileges", "b", True),
    ("PrivateDevices", "b", True),
    ("PrivateIPC", "b", True),
    ("PrivateTmp", "b", True),
    ("PrivateUsers", "b", True),
    ("ProcSubset", "s", "pid"),
    ("ProtectClock", "b", True),
    ("ProtectControlGroups", "b", True),
    ("ProtectHome", "s", "yes"),
    ("ProtectHostname", "b", True),
    ("ProtectKernelLogs", "b", True),
    ("ProtectKernelModules", "b", True),
    ("ProtectKernelTunables", "b", True),
    ("ProtectProc", "s", "invisible"),
    ("ProtectSystem", "s", "strict"),
    ("RemoveIPC", "b", True),
    ("RestrictAddressFamilies", "(bas)", (True, ["AF_UNIX", "AF_INET", "AF_INET6"])),
    # Trap of systemd 252: a daemon-reload forgets it, so the package's tgcf@.service.d/10-tgcfd.conf says it once more.
    ("RestrictNamespaces", "t", 0),
    ("RestrictRealtime", "b", True),
    ("RestrictSUIDSGID", "b", True),
    ("SystemCallArchitectures", "as", ["native"]),
    ("SystemCallErrorNumber", "i", _EPERM),
    ("SystemCallFilter", "(bas)", (True, ["@system-service"])),
    ("SystemCallFilter", "(bas)", (False, ["@privileged", "@resources"])),
    # With PrivateUsers= the kernel counts its inotify instances as root's, who has 128: one worker could take them all.
    ("SystemCallFilter", "(bas)", (False, ["inotify_init", "inotify_init1"])),
    # Other people's folders are hidden by DynamicUser=; the host's sockets (the bus, the journal's, PID 1's own) and
    # whatever else programs keep in /run and /var, by empty file systems in their place.
    ("TemporaryFileSystem", "a(ss)", [("/run", "ro,mode=0755"), ("/var", "ro,mode=0755"), _SHM]),
    ("BindReadOnlyPaths", "a(ssbt)", [(path, path, True, 0) for path in _RUN]),
)

OPTIONAL = frozenset({"PrivateIPC", "ProcSubset", "ProtectProc"})
"""What an older systemd may not know (248, 247): it starts workers without, rather than not at all."""
