"""The tests of tgcfd."""
