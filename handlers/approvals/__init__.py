"""Asking for a job: by the form, or in a line of words."""
