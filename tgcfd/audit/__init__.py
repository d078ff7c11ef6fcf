"""Who did what, from where, when: in the database, and in the log of the daemon. Never a secret among it."""
