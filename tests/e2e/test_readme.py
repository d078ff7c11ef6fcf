"""The README's examples, run as they stand."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from tests.e2e.product import ROOT, Product, clean_environment
from tests.telegram.remote import TelegramServer

STANDS_IN = Path(__file__).parent / "bin"


async def test_the_examples_work_one_after_the_other(product: Product, telegram: TelegramServer) -> None:
    # given the two chats that the examples name, and the reader's session string
    alice = await telegram.add_user("Alice", username="alice")
    await telegram.add_channel("Source", username="source_chat", members=[alice])
    await telegram.add_channel("Target", username="target_chat", members=[alice])
    section = (ROOT / "README.md").read_text().partition("\n## The API in short\n")[2].partition("\n## ")[0]
    examples = re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    script = "set -eux\n" + "".join(examples)
    assert script.count("http://127.0.0.1:8470") > 5
    script = script.replace("127.0.0.1:8470", product.url.removeprefix("http://"))

    # when somebody pastes them into a shell
    environment = clean_environment() | {
        "SESSION_STRING": alice.session,
        "PATH": os.pathsep.join([str(STANDS_IN), str(Path(sys.prefix) / "bin"), os.environ["PATH"]]),
        "WEBSOCAT_UNTIL": "1 connection",
    }
    shell = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        script,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output = (await asyncio.wait_for(shell.communicate(), 30))[0].decode()
    finally:
        if shell.returncode is None:
            shell.kill()

    # then each does what the text says
    assert shell.returncode == 0, output
    assert '"status": "TGCF process started"' in output
    assert '"type": "hello"' in output
    assert output.rstrip().endswith('{"status": "TGCF process stopped"}')
