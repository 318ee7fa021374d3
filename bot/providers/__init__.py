"""Servers that speak the OpenAI fine-tuning API; the only place that knows their SDK, their limits and their errors."""
