"""What changes for a person, told to whoever listens for them: resumable, and bounded whoever reads slowly."""
