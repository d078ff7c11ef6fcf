"""A process that stands in for systemd and the broker on a private bus. It does what it is told on standard input.

Each line is a JSON list, the name of a command and its arguments; each is answered with a line when it is done. A
process of its own, so that a test can stop and kill it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from typing import Any

from gi.repository import Gio, GLib

FLAGS = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
MANAGER_PATH = "/org/freedesktop/systemd1"
MANAGER_XML = """<node><interface name="org.freedesktop.systemd1.Manager">
<method name="Subscribe"/><method name="GetUnit"><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
<method name="ListUnitsByPatterns"><arg type="as" direction="in"/><arg type="as" direction="in"/>
<arg type="a(ssssssouso)" direction="out"/></method></interface></node>"""
PROPERTIES_XML = """<node><interface name="org.freedesktop.DBus.Properties">
<method name="Get"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="v" direction="out"/></method>
<method name="GetAll"><arg type="s" direction="in"/><arg type="a{sv}" direction="out"/></method></interface></node>"""
BROKER_XML = """<node><interface name="org.tgcfd.Units1">
<method name="Start"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
<arg type="o" direction="out"/></method>
<method name="Stop"><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
<method name="Kill"><arg type="s" direction="in"/><arg type="o" direction="out"/></method></interface></node>"""
TYPES = {"Job": "(uo)", "InvocationID": "ay", "ExecStart": "a(sasbttttuii)"}


def path_of(unit: str) -> str:
    return f"{MANAGER_PATH}/unit/" + "".join(c if c.isalnum() else f"_{ord(c):02x}" for c in unit)


def variant(name: str, value: Any) -> GLib.Variant:
    """Dress a plain value in systemd's type."""
    if name == "Job":
        return GLib.Variant("(uo)", (7, value) if value else (0, "/"))
    if name == "InvocationID":
        return GLib.Variant("ay", bytes.fromhex(value))
    if name == "ExecStart":
        return GLib.Variant("a(sasbttttuii)", [(value[0], value, False, 0, 0, 0, 0, 0, 0, 0)])
    if name in {"MemoryCurrent", "CPUUsageNSec", "TasksCurrent"}:
        return GLib.Variant("t", value)
    return GLib.Variant("s", value) if isinstance(value, str) else GLib.Variant("u", value)


def row(name: str, unit: dict[str, Any]) -> tuple[Any, ...]:
    job, load = unit.get("Job"), unit.get("LoadState", "loaded")
    states = (name, unit.get("Description", ""), load, unit["ActiveState"], unit["SubState"], "", path_of(name))
    return (*states, 7, "start", job) if job else (*states, 0, "", "/")


class Fake:
    def __init__(self, address: str) -> None:
        self.con = Gio.DBusConnection.new_for_address_sync(address, FLAGS, None, None)
        self.con.set_exit_on_close(False)
        self.units: dict[str, dict[str, Any]] = {}
        self.registered: set[str] = set()
        self.calls: list[str] = []
        self.after_list: list[list[Any]] = []
        self.broker_answer = ["job", "/org/freedesktop/systemd1/job/9"]
        self.held: Any = None
        self.register(MANAGER_PATH, MANAGER_XML)
        self.register(MANAGER_PATH, PROPERTIES_XML)
        self.register("/org/tgcfd/Units1", BROKER_XML)
        self.own("org.freedesktop.systemd1")

    def own(self, name: str) -> None:
        self.con.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                           GLib.Variant("(su)", (name, 0)), None, 0, 5000, None)  # fmt: skip

    def register(self, path: str, xml: str) -> int:
        interface = Gio.DBusNodeInfo.new_for_xml(xml).interfaces[0]
        return self.con.register_object(path, interface, self.called, None, None)

    def called(self, con, sender, path, interface, method, arguments, invocation) -> None:
        words = arguments.unpack()
        self.calls.append(" ".join([method, *(str(word) for word in words if word)]))
        if interface == "org.tgcfd.Units1":
            self.answer_broker(invocation)
        elif method == "ListUnitsByPatterns":
            rows = [row(name, unit) for name, unit in self.units.items()]
            invocation.return_value(GLib.Variant("(a(ssssssouso))", (rows,)))
            for command in self.after_list:
                self.do(*command)
            self.after_list = []
        elif method == "GetUnit":
            if words[0] in self.units:
                invocation.return_value(GLib.Variant("(o)", (path_of(words[0]),)))
            else:
                invocation.return_dbus_error("org.freedesktop.systemd1.NoSuchUnit", f"Unit {words[0]} not loaded.")
        elif method == "GetAll":
            unit = next((unit for name, unit in self.units.items() if path_of(name) == path), None)
            unit = unit or {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead"}
            invocation.return_value(GLib.Variant("(a{sv})", ({name: variant(name, v) for name, v in unit.items()},)))
        elif method == "Get":
            invocation.return_value(GLib.Variant("(v)", (GLib.Variant("s", "running"),)))
        else:
            invocation.return_value(None)

    def answer_broker(self, invocation: Any) -> None:
        kind, text = self.broker_answer
        if kind == "job":
            invocation.return_value(GLib.Variant("(o)", (text,)))
        elif kind == "error":
            invocation.return_dbus_error(text, "because")
        else:
            self.held = invocation  # never

    def emit(self, path: str, interface: str, signal: str, words: GLib.Variant, to: str | None = None) -> None:
        self.con.emit_signal(to, path, interface, signal, words)

    # --- commands

    def do(self, name: str, *arguments: Any) -> Any:
        return getattr(self, f"do_{name}")(*arguments)

    def do_add(self, unit: str, properties: dict[str, Any]) -> None:
        if unit not in self.registered:
            self.registered.add(unit)
            self.register(path_of(unit), PROPERTIES_XML)
        self.units[unit] = properties

    def do_change(self, unit: str, interface: str, properties: dict[str, Any], to: str | None = None) -> None:
        self.units.get(unit, {}).update(properties)
        words = GLib.Variant("(sa{sv}as)", (
            f"org.freedesktop.systemd1.{interface}", {n: variant(n, v) for n, v in properties.items()}, ["ExecStart"],
        ))  # fmt: skip
        self.emit(path_of(unit), "org.freedesktop.DBus.Properties", "PropertiesChanged", words, to)

    def do_remove(self, unit: str) -> None:
        self.units.pop(unit, None)
        words = GLib.Variant("(so)", (unit, path_of(unit)))
        self.emit(MANAGER_PATH, "org.freedesktop.systemd1.Manager", "UnitRemoved", words)

    def do_new(self, unit: str) -> None:
        words = GLib.Variant("(so)", (unit, path_of(unit)))
        self.emit(MANAGER_PATH, "org.freedesktop.systemd1.Manager", "UnitNew", words)

    def do_job(self, unit: str, job: str, result: str) -> None:
        words = GLib.Variant("(uoss)", (7, job, unit, result))
        self.emit(MANAGER_PATH, "org.freedesktop.systemd1.Manager", "JobRemoved", words)

    def do_reloading(self, active: bool) -> None:
        self.emit(MANAGER_PATH, "org.freedesktop.systemd1.Manager", "Reloading", GLib.Variant("(b)", (active,)))

    def do_flood(self, unit: str, count: int) -> None:
        for number in range(count):
            self.do_change(unit, "Service", {"StatusText": f"{number} forwarded"})
            self.do_change(unit, "Unit", {"ActiveState": "active"})

    def do_restarts(self, unit: str, count: int) -> None:
        for number in range(count):
            self.do_change(unit, "Service", {"NRestarts": number})
        self.con.flush_sync(None)

    def do_after_list(self, *commands: list[Any]) -> None:
        self.after_list = list(commands)

    def do_calls(self) -> list[str]:
        calls, self.calls = self.calls, []
        return calls

    def do_broker(self, kind: str, text: str = "") -> None:
        self.own("org.tgcfd.Units1")
        self.broker_answer = [kind, text]

    def do_leave(self) -> None:
        """Let go of systemd's name, as a re-execution does."""
        self.con.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReleaseName",
                           GLib.Variant("(s)", ("org.freedesktop.systemd1",)), None, 0, 5000, None)  # fmt: skip

    def do_come(self) -> None:
        self.own("org.freedesktop.systemd1")


def main() -> None:
    fake = Fake(sys.argv[1])
    loop = GLib.MainLoop()

    def answer(line: str) -> None:
        try:
            print(json.dumps(fake.do(*json.loads(line))), flush=True)
        except BaseException:  # noqa: BLE001  # GLib would print it and go on
            traceback.print_exc()
            os._exit(1)

    def read() -> None:
        for line in sys.stdin:
            GLib.idle_add(answer, line)
        loop.quit()

    threading.Thread(target=read, daemon=True).start()
    print('"ready"', flush=True)
    loop.run()


if __name__ == "__main__":
    main()
