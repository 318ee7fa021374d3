"""Which of our errors an error of the SDK is; knows its error classes and the provider's statuses, makes no calls."""

import email.utils
import json
import math
import re
from datetime import UTC, datetime

from openai import APIConnectionError, APIError, APIResponseValidationError, APIStatusError, APITimeoutError

from bot.errors import (
    BotError,
    LimitReached,
    ProviderRefused,
    ProviderUnavailable,
    TrainingClosed,
    UnknownModel,
    UnknownOutcome,
)
from bot.providers.advice import FINAL_CODES, refusal
from bot.providers.profiles import Profile

FAULTS = (APIError, json.JSONDecodeError)
"""What a call of the SDK raises when the server, or the way to it, is at fault."""

STILL_PROCESSING_SECONDS = 10.0  # uploaded files of some MB were seen ready within seconds
_KEY = re.compile(r"\bsk-[\w*.-]+")
_CLOSED = re.compile(
    r"fine-?tun.{0,200}?(no longer|not available to|winding down|not accessible|not eligible)|training_closed",
    re.IGNORECASE | re.DOTALL,
)
"""The refusal of an organisation that may not train any more. Its text is not published; these are the words in
which it was announced (2026-05-07, 2026-07-02)."""


_LIMIT = re.compile(
    r"maximum of (?P<most>\d+) (?P<what>\S* ?requests? per day|(active|queued|concurrent))", re.IGNORECASE
)


def translate(error: Exception, profile: Profile, *, creating: bool = False) -> BotError:
    """Our error for one of FAULTS.

    `creating` is the call that costs money: whenever the server may have done it, the outcome is unknown.
    """
    if isinstance(error, APIResponseValidationError | json.JSONDecodeError):
        return unreadable(profile, creating=creating)
    if isinstance(error, APIStatusError):
        return _answered(error, profile, creating=creating)
    if isinstance(error, APITimeoutError):
        return _interrupted(f"{profile.title} did not answer in time.", creating=creating)
    if isinstance(error, APIConnectionError):
        return _interrupted(f"{profile.title} could not be reached.", creating=creating)
    return _interrupted(
        f"{profile.title} broke off its answer.", creating=creating
    )  # an error inside a stream


def unreadable(profile: Profile, *, creating: bool = False) -> BotError:
    """The answer is not what this API gives: a proxy's page, say, or half an object."""
    return _interrupted(f"{profile.title} sent an answer that cannot be read.", creating=creating)


def _interrupted(sentence: str, *, creating: bool, retry_after: float | None = None) -> BotError:
    if creating:
        return UnknownOutcome(f"{sentence} I look whether the job exists there before I try again.")
    return ProviderUnavailable(sentence, retry_after)


def _answered(error: APIStatusError, profile: Profile, *, creating: bool) -> BotError:
    status, code, said = error.status_code, error.code or "", _said(error)
    if status >= 500 or status == 408:
        sentence = f"{profile.title} has trouble of its own ({status})."
        return _interrupted(sentence, creating=creating, retry_after=_retry_after(error))
    if creating and status == 429 and (limit := _limit(error, code, said, profile)):
        return limit
    if code not in FINAL_CODES and (waiting := _waiting(status, said, profile)):
        return ProviderUnavailable(
            waiting, _retry_after(error) or (STILL_PROCESSING_SECONDS if status == 400 else None)
        )
    if creating and status in (400, 403) and _CLOSED.search(f"{code}: {said}"):
        sentence = (
            f"{profile.title} takes no new fine-tuning jobs from this organisation. Models that were trained before "
            "still answer; to train new ones, another provider is needed."
        )
        return TrainingClosed(sentence, said=said, code=code, param=error.param or "")
    sentence = refusal(status, code, said, title=profile.title, variable=profile.key_variable)
    refused = UnknownModel if code == "model_not_found" else ProviderRefused
    return refused(sentence, said=said, code=code, param=error.param or "")


def _limit(error: APIStatusError, code: str, said: str, profile: Profile) -> LimitReached | None:
    """The limit of jobs that was reached; None when it is another one, of requests a minute say."""
    found = _LIMIT.search(said)
    if found is None and code != "daily_rate_limit_exceeded":
        return None
    daily = found is None or "per day" in found["what"].lower()
    most = f" (at most {found['most']})" if found else ""
    sentence = (
        f"{profile.title} takes no more jobs on this model today{most}."
        if daily
        else f"{profile.title} takes no more jobs on this model at once{most}; this one waits until another ends."
    )
    return LimitReached(sentence, daily=daily, retry_after=_retry_after(error))


def _waiting(status: int, said: str, profile: Profile) -> str:
    """What to wait for, in a sentence; empty when waiting does not help."""
    if status == 429:
        return f"{profile.title} asks to wait: too many requests, or jobs, at once."
    if status == 409:
        return f"{profile.title} is busy with another change of the same thing."
    if status == 400 and "still being processed" in said:
        return f"{profile.title} is still reading the training file."
    return ""


def _said(error: APIStatusError) -> str:
    """The server's own words without the SDK's wrapping; a key in them is blanked."""
    words = error.body.get("message") if isinstance(error.body, dict) else None
    return _KEY.sub("sk-…", str(words or "").strip())


def _retry_after(error: APIStatusError) -> float | None:
    """Seconds that the server asks to wait; None when it does not say, or says nothing sensible."""
    headers = error.response.headers
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        else:
            seconds = float(headers.get("retry-after", "nan"))
    except ValueError:
        try:
            until = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
        except ValueError:
            return None
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
