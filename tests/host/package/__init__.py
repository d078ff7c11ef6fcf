"""The Debian package on hosts of both releases: its life and its end, what may be in the way, and its own tests."""
