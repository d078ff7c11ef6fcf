"""What needs no journal to be tried: cursors, whose an entry is, how it reads, how a unit ended."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tgcfd.errors import CursorUnknown
from tgcfd.logs.journal_fields import priority, text, whose
from tgcfd.logs.journal_place import Place
from tgcfd.logs.last_end import LastEnd, told

CHAIN, OTHER = "a" * 32, "b" * 32
COREDUMPS = rb"system-systemd\x2dcoredump.slice"


# --- cursors


def test_a_cursor_is_short_and_comes_back_as_the_place_it_stands_for() -> None:
    place = Place(2**64 - 1, 2**56 - 1, CHAIN)
    assert Place.parse(place.cursor) == place
    assert len(place.cursor) <= 64


def test_systemds_own_cursor_is_read_and_written() -> None:
    boot = "714f1bc0c97440ed8428c8420f9fe4a8"
    place = Place.of_systemd_cursor(f"s={CHAIN};i=186d4;b={boot};m=2e1cdc325;t=660de53112bb3;x=60c30f8faea3d172")
    assert place == Place(0x186D4, 0x660DE53112BB3, CHAIN)
    assert place.systemd_cursor == f"s={CHAIN};i=186d4;t=660de53112bb3"
    assert boot not in place.cursor


@pytest.mark.parametrize(
    "cursor", ["", "1-2", f"1-2-{CHAIN}0", f"1-2-{CHAIN} ", f"1-2-{CHAIN.upper()}", f"-1-2-{CHAIN}"]
)
def test_what_has_not_the_form_is_unknown(cursor: str) -> None:
    with pytest.raises(CursorUnknown):
        Place.parse(cursor)


@pytest.mark.parametrize(
    ("entry", "place", "past"),
    [
        (Place(5, 100, CHAIN), Place(4, 200, CHAIN), True),  # the clock was set back: the number counts
        (Place(5, 100, CHAIN), Place(5, 100, CHAIN), False),
        (Place(5, 200, CHAIN), Place(6, 100, CHAIN), False),
        (Place(5, 200, CHAIN), Place(6, 100, OTHER), True),
        (Place(5, 100, CHAIN), Place(6, 100, OTHER), True),  # in doubt nothing is lost
        (Place(7, 100, CHAIN), Place(6, 101, OTHER), False),
        (Place(7, 100, CHAIN), Place.at(100), True),
        (Place(7, 100, CHAIN), Place.at(101), False),
    ],
)
def test_what_comes_after_what(entry: Place, place: Place, past: bool) -> None:
    assert entry.is_past(place) is past


@pytest.mark.parametrize(
    ("entry", "place", "follows"),
    [
        (Place(5, 1, CHAIN), Place(5, 1, CHAIN), True),  # the entry itself is still there
        (Place(6, 1, CHAIN), Place(5, 1, CHAIN), True),
        (Place(7, 1, CHAIN), Place(5, 1, CHAIN), False),
        (Place(6, 1, OTHER), Place(5, 1, CHAIN), False),
        (Place(6, 1, OTHER), Place.at(1), True),
    ],
)
def test_whether_something_may_be_missing_in_between(entry: Place, place: Place, follows: bool) -> None:
    assert entry.follows(place) is follows


# --- whose it is

BOB = b"tgcf@bob.service"
ALICE = b"tgcf@alice.service"


@pytest.mark.parametrize(
    ("fields", "slug"),
    [
        ({"_SYSTEMD_UNIT": ALICE}, "alice"),
        ({"_SYSTEMD_UNIT": ALICE, "UNIT": BOB, "_PID": b"77"}, "alice"),
        ({"_SYSTEMD_UNIT": ALICE, "OBJECT_SYSTEMD_UNIT": BOB, "_UID": b"61234"}, "alice"),
        ({"_SYSTEMD_UNIT": ALICE, "COREDUMP_UNIT": BOB, "_SYSTEMD_SLICE": b"tgcf.slice"}, "alice"),
        ({"_SYSTEMD_UNIT": b"init.scope", "_PID": b"1", "_UID": b"0", "UNIT": BOB}, "bob"),
        ({"_PID": b"1", "_UID": b"0", "UNIT": BOB}, "bob"),
        ({"_SYSTEMD_UNIT": b"init.scope", "_PID": b"1", "_UID": b"0", "OBJECT_SYSTEMD_UNIT": BOB}, None),
        ({"_SYSTEMD_UNIT": b"cron.service", "_PID": b"11", "_UID": b"0", "UNIT": BOB}, None),
        ({"_SYSTEMD_UNIT": b"systemd-journald.service", "_UID": b"0", "OBJECT_SYSTEMD_UNIT": BOB}, "bob"),
        ({"_SYSTEMD_UNIT": b"web.service", "_UID": b"33", "OBJECT_SYSTEMD_UNIT": BOB}, None),
        ({"_SYSTEMD_UNIT": b"systemd-coredump@1.service", "_SYSTEMD_SLICE": COREDUMPS, "COREDUMP_UNIT": BOB}, "bob"),
        ({"_SYSTEMD_UNIT": b"systemd-coredump@1.service", "_SYSTEMD_SLICE": b"x", "COREDUMP_UNIT": BOB}, None),
        ({"_SYSTEMD_UNIT": b"web.service", "_SYSTEMD_SLICE": COREDUMPS, "COREDUMP_UNIT": BOB, "_UID": b"33"}, None),
        ({"UNIT": BOB, "SYSLOG_IDENTIFIER": b"tgcf", "_UID": b"33"}, None),
        ({"_SYSTEMD_UNIT": b"tgcf@Alice.service"}, None),
        ({"_SYSTEMD_UNIT": b"tgcf@alice.service\n"}, None),
        ({"_SYSTEMD_UNIT": b"tgcf@\xff.service"}, None),
        ({"_SYSTEMD_UNIT": b"xtgcf@alice.service"}, None),
        ({"_SYSTEMD_UNIT": b"tgcfd.service", "_UID": b"990"}, None),
        ({}, None),
    ],
)
def test_an_entry_belongs_to_whom_trusted_fields_say(fields: dict[str, bytes], slug: str | None) -> None:
    assert whose(fields.get) == slug


def of_pid_1(kind: str | None, **fields: str) -> dict[str, bytes]:
    said = {"_PID": "1", "_UID": "0", "UNIT": BOB.decode(), **({"MESSAGE_ID": kind} if kind else {}), **fields}
    return {name: value.encode() for name, value in said.items()}


EXITED = "98e322203f7a4ed290d09fe03c09fe15"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(of_pid_1("7d4958e842da4a758f6c1cdc7b36dcc5", JOB_TYPE="start"), id="starting"),
        pytest.param(of_pid_1("39f53479d3a045ac8e11786248231fbf", JOB_TYPE="start"), id="started"),
        pytest.param(of_pid_1("be02cf6855d2428ba40df7e9d022f03d", JOB_RESULT="failed"), id="failed to start"),
        pytest.param(of_pid_1("de5b426a63be47a7b6ac3eaac82e2f6f", JOB_TYPE="stop"), id="stopping"),
        pytest.param(of_pid_1("9d1aaa27d60140bd96365438aad20286", JOB_TYPE="restart"), id="stopped"),
        pytest.param(of_pid_1("5eb03494b6584870a536b337290809b3", N_RESTARTS="1"), id="scheduled restart"),
        pytest.param(of_pid_1("7ad2d189f7e94e70a38c781354912448"), id="deactivated successfully"),
        pytest.param(of_pid_1("d9b373ed55a64feb8242e02dbe79a49c", UNIT_RESULT="exit-code"), id="failed with result"),
        pytest.param(of_pid_1("ae8f7b866b0347b9af31fe1c80b127c0", CPU_USAGE_NSEC="1200000000"), id="consumed"),
        pytest.param(of_pid_1(None, MESSAGE="Failed to open /run/systemd/transient/tgcf@bob.service"), id="stale"),
        *[
            pytest.param(of_pid_1(EXITED, COMMAND="ExecStart", EXIT_CODE="exited", EXIT_STATUS=status), id=status)
            for status in ("0", "1", "75", "78", "199")
        ],
    ],
)
def test_pid_1s_housekeeping_is_in_nobodys_log(fields: dict[str, bytes]) -> None:
    assert whose(fields.get) is None
    # but whatever a worker says is in its own, also in those words
    assert whose({**fields, "_PID": b"77", "_SYSTEMD_UNIT": BOB}.get) == "bob"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(of_pid_1(None), id="Watchdog timeout, State 'stop-sigterm' timed out"),
        pytest.param(of_pid_1("fe6faa94e7774663a0da52717891d8ef"), id="killed by the OOM killer"),
        pytest.param(of_pid_1("641257651c1b4ec9a8624d7a40a9e1e7"), id="could not be executed"),
        pytest.param(of_pid_1("0" * 32), id="a message of later systemd"),
        pytest.param(of_pid_1(EXITED, EXIT_CODE="killed", EXIT_STATUS="9"), id="killed"),
        pytest.param(of_pid_1(EXITED, EXIT_CODE="dumped", EXIT_STATUS="6"), id="dumped core"),
        pytest.param(of_pid_1(EXITED, EXIT_CODE="exited", EXIT_STATUS="200"), id="200/CHDIR"),
        pytest.param(of_pid_1(EXITED, EXIT_CODE="exited", EXIT_STATUS="226"), id="226/NAMESPACE"),
        pytest.param(of_pid_1(EXITED, EXIT_CODE="exited", EXIT_STATUS="x"), id="odd"),
        pytest.param(of_pid_1(EXITED, EXIT_CODE="exited"), id="without a status"),
    ],
)
def test_what_only_pid_1_can_say_is_in_the_log(fields: dict[str, bytes]) -> None:
    assert whose(fields.get) == "bob"


def test_of_a_workers_own_line_one_field_tells_whose_it_is() -> None:
    read: list[str] = []

    def field(name: str) -> bytes | None:
        read.append(name)
        return {"_SYSTEMD_UNIT": BOB}.get(name)

    assert whose(field) == "bob"
    assert read == ["_SYSTEMD_UNIT"]  # a log of 100,000 lines is read as fast as the journal gives it


# --- how it reads


@pytest.mark.parametrize(
    ("message", "read"),
    [
        (b"hello", "hello"),
        (None, ""),
        (b" \n", ""),
        (b"\x1b[31mred\x1b[0m\x07\ttab", "\x1b[31mred\x1b[0m\ttab\x1b[0m"),
        (b"first\nsecond\r\n", "first second"),
        (b"\xff", "\ufffd"),
        ("ü".encode() * 9000, "ü" * 8192 + " […]"),
        (b"x" * 16384, "x" * 16384),
        (b"x" * 16385, "x" * 16384 + " […]"),
    ],
)
def test_a_message_is_one_safe_line(message: bytes | None, read: str) -> None:
    assert text(message) == read


@pytest.mark.parametrize(
    ("value", "number"), [(b"0", 0), (b"7", 7), (None, 6), (b"8", 6), (b"", 6), (b"-1", 6), (b"03", 6)]
)
def test_a_priority_is_one_of_eight(value: bytes | None, number: int) -> None:
    assert priority(value) == number


# --- how a unit ended: what systemd 252 wrote, oldest first


def said(kind: str, **fields: str) -> dict[str, str]:
    kinds = {
        "starting": "7d4958e842da4a758f6c1cdc7b36dcc5",
        "started": "39f53479d3a045ac8e11786248231fbf",
        "stopping": "de5b426a63be47a7b6ac3eaac82e2f6f",
        "stopped": "9d1aaa27d60140bd96365438aad20286",
        "success": "7ad2d189f7e94e70a38c781354912448",
        "failure": "d9b373ed55a64feb8242e02dbe79a49c",
        "exited": "98e322203f7a4ed290d09fe03c09fe15",
        "restart": "5eb03494b6584870a536b337290809b3",
    }
    return {"MESSAGE_ID": kinds[kind], **fields}


START = [said("starting", JOB_TYPE="start"), said("started", JOB_TYPE="start")]
STOPPING, STOPPED = said("stopping", JOB_TYPE="stop"), said("stopped", JOB_TYPE="stop")
RESTARTED = [said("restart"), said("stopped", JOB_TYPE="restart"), *START]
SUCCESS, OTHERS = said("success"), {"MESSAGE": "State 'stop-sigterm' timed out. Killing."}


def exited(code: str, status: str, command: str = "ExecStart") -> dict[str, str]:
    return said("exited", EXIT_CODE=code, EXIT_STATUS=status, COMMAND=command)


def failed(result: str) -> dict[str, str]:
    return said("failure", UNIT_RESULT=result)


@pytest.mark.parametrize(
    ("messages", "end"),
    [
        pytest.param([], None, id="nothing"),
        pytest.param(START, None, id="it runs"),
        pytest.param([*START, STOPPING], None, id="it is being stopped"),
        pytest.param([*START, STOPPING, SUCCESS, STOPPED], LastEnd(True, None, None, None), id="stopped"),
        pytest.param([*START, SUCCESS], LastEnd(False, None, None, None), id="exit 0"),
        pytest.param(
            [*START, exited("exited", "78"), failed("exit-code")],
            LastEnd(False, "exited", 78, "exit-code"),
            id="exit 78",
        ),
        pytest.param(
            [*START, exited("killed", "9"), failed("signal")], LastEnd(False, "killed", 9, "signal"), id="killed"
        ),
        pytest.param(
            [*START, exited("exited", "75"), failed("exit-code"), STOPPED],
            LastEnd(True, "exited", 75, "exit-code"),
            id="stopped while it waited to start again",
        ),
        pytest.param(
            [*START, STOPPING, OTHERS, exited("killed", "9"), OTHERS, failed("timeout"), STOPPED],
            LastEnd(True, "killed", 9, "timeout"),
            id="ignored SIGTERM",
        ),
        pytest.param([*START, exited("exited", "75"), failed("exit-code"), *RESTARTED], None, id="runs again"),
        pytest.param([*START, exited("exited", "75"), failed("exit-code"), *RESTARTED, SUCCESS],
                     LastEnd(False, None, None, None), id="ran again, then exit 0"),
        pytest.param(
            [START[0], exited("exited", "1", "ExecStartPre"), exited("exited", "78"), failed("exit-code")],
            LastEnd(False, "exited", 78, "exit-code"),
            id="failed while it started",
        ),
        pytest.param(
            [said("success", INVOCATION_ID="a"), said("stopping", INVOCATION_ID="b")], None, id="a new run"
        ),
        pytest.param([*START, exited("killed", "x"), failed("core")], LastEnd(False, "killed", None, "core"), id="odd"),
    ],
)  # fmt: skip
def test_how_a_unit_ended(messages: list[dict[str, str]], end: LastEnd | None) -> None:
    assert told(reversed(messages)) == end


def test_when_a_unit_ended() -> None:
    said_at = [message | {"__REALTIME_TIMESTAMP": f"{at}000000"} for at, message in enumerate([*START, SUCCESS], 1)]
    end = told(reversed(said_at))
    assert end is not None
    assert end.when == datetime.fromtimestamp(len(said_at), UTC)
