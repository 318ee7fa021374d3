"""Uploaded datasets: received and checked, looked after, their contents."""
