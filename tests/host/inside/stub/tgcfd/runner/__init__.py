"""The runner with another ``__main__``; the gate before each start is the real one."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
