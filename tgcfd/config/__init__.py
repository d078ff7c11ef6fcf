"""A person's tgcf configuration: what may stand in it, how it is kept, and how tgcf gets it."""
