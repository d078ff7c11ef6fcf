"""No test ever connects beyond this machine.

Child processes: put `GUARD_PATH` first on PYTHONPATH; Python imports `sitecustomize` from there at its start.
The test process itself: import `tests.guard.sitecustomize`; importing it is what guards.
"""

from pathlib import Path

GUARD_PATH = Path(__file__).parent
