"""A worker that writes as many lines as its configuration says, then waits to be stopped. Needs no Telegram."""

import json
import pathlib
import signal

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
config = json.loads(pathlib.Path("tgcf.config.json").read_text())
lines, width = map(int, config["bot_messages"]["start"].split())
for number in range(lines):
    print(f"<6>line {number} {'x' * width}", flush=number % 100 == 0)
print("<5>all written", flush=True)
signal.sigwait({signal.SIGTERM})
