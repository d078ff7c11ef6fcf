"""The Debian package on hosts of both releases, from the built file alone: its life, its end, and what may be in the way."""
