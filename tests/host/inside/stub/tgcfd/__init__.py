"""Stands in front of the installed tgcfd: what is not here is found there."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
