"""Runs the pure checks over files of any size, in processes of their own; knows neither Slack nor the tokenizer.

Nothing is imported here: each worker process would pay for it.
"""
