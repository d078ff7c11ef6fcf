"""tgcfd: runs tgcf, the Telegram forwarder, for many people on one host."""

__version__ = "0.1.0"
