"""Tests that run in the test host, as root: each file in a machine of its own, started by tests/host/test_inside.py."""
