"""Takes the place of the runner; what is not here, such as the trial of plugins, is the real one's."""

from pathlib import Path

__path__.append(str(Path(__file__).parents[5] / "tgcfd/runner"))
