"""The privileged half: starts and stops workers' units for the daemon, and does nothing else.

It runs as root, without capabilities, when the bus is asked for ``org.tgcfd.Units1``, and ends when it is idle. It
imports nothing from the rest of tgcfd: what it may do is to be read here alone.
"""
