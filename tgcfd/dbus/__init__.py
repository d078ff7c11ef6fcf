"""The host's message bus, made safe for asyncio. The only place in the daemon that touches pydbus and GLib."""
