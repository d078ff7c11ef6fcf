"""What workers print: kept in files, read back by page, handed live to whoever watches."""
