"""Fixtures of the runner's tests."""

from tests.runner.scene import scene

__all__ = ["scene"]
