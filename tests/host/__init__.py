"""A real Debian, 12 or 13, with systemd as PID 1, for tests.

`base.py` makes the tree that it boots from, `machine.py` boots it and runs commands in it, `keeper.py` is the process
beside each machine that clears up after it, `cgroups.py` gives it cgroups of its own. `inside/` holds the tests that
run in a machine; `test_inside.py` boots one for each of their files. `package/` is about the Debian package, on trees
of `fresh.py`, which have nothing of ours; `ports.py` joins a machine's ports with this host's. It takes root.
"""
