"""Workers, people's running tgcfs: what should run, what does, and the supervisors that make it so."""
