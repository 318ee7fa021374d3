"""Processes that read datasets, make files of them and draw charts; knows neither Slack nor the database.

Nothing is imported here: each worker process would pay for it.
"""
