"""All of a host's data as one file, and back: ``tgcfd backup`` and ``tgcfd restore``.

Reads SQLite files by itself, not through :mod:`tgcfd.storage`: it copies them whole, those of newer versions, too.
"""
