"""Until when a model can be trained and answers, in a sentence; takes dates, asks nobody."""

from datetime import date

from handlers.views.figures import calendar_day


def retirement(trainable_until: date, serves_until: date | None) -> str:
    """Until when the model can be trained, and when it and what comes from it stop answering."""
    closes = f"⚠️ Training on this model closes {calendar_day(trainable_until)}"
    if serves_until is None:
        return f"{closes}."
    return f"{closes}; from {calendar_day(serves_until)} on it and what comes from it no longer answer."
