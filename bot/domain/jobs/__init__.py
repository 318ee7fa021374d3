"""A fine-tuning job: its record, its transitions, and what its training tells."""
