"""Each figure the project claims, as a command."""
