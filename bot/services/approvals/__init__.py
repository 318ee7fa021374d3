"""Requests for jobs, from the form to the decision."""
