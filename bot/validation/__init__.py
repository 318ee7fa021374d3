"""Runs the pure checks over files of any size, in processes of their own; knows neither Slack nor the tokenizer."""

from bot.validation.validator import Validator

__all__ = ["Validator"]
