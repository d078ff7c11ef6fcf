"""Asks the daemon again and again, each time over a new connection, until its input ends; run in a machine's network.

Prints the numbers of questions and of answers, the longest wait in seconds, and what went wrong. Usage: knock.py PORT
"""

import http.client
import json
import select
import sys
import time

PAUSE = 0.01  # between two questions
PATIENCE = 30  # seconds for an answer

asked, answered, longest, wrong = 0, 0, 0.0, []
while not select.select([sys.stdin], [], [], PAUSE)[0]:
    asked += 1
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=PATIENCE)
    try:
        connection.request("GET", "/api/openapi.json")
        answer = connection.getresponse()
        answer.read()
        answered += answer.status == 200
    except (OSError, http.client.HTTPException) as error:
        wrong.append(repr(error))
    finally:
        connection.close()
    longest = max(longest, time.monotonic() - started)
print(json.dumps({"asked": asked, "answered": answered, "longest": longest, "wrong": wrong}))
