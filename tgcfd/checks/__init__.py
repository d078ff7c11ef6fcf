"""What ``tgcfd check`` looks at: a module for each thing. They say what is wrong and what to type, and change nothing.

A check is a function that takes the :class:`tgcfd.checks.host.Host` and yields findings. It may block for some seconds,
and raises :class:`tgcfd.checks.finding.NotSeen` where it cannot see what it looks for.
"""
