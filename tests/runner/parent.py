"""A process that starts a worker and waits: the daemon's part in the test of what happens when it is killed."""

import os
import subprocess
import sys

if __name__ == "__main__":
    mode, _, _, *options = sys.argv[1:]
    command = [sys.executable, "-P", "-s", "-m", "tgcfd.runner", mode, "--parent", str(os.getpid()), *options]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
