"""Makes new files of datasets, in processes of their own: mended, converted, split …; knows no Slack."""

from bot.workshop.workshop import Workshop

__all__ = ["Workshop"]
