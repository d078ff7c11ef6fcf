"""What the daemon remembers between starts, in one SQLite file."""
