"""The web page: static files that the daemon serves as they are. ``lib`` is fetched when tgcfd is set up or built."""
