"""What the provider tells by itself is believed only if it is signed; which safety checks failed is read leniently."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from bot.providers import safety
from bot.providers.webhooks import NotSigned, Webhooks

KEY = b"a key of the provider"
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def signed(body: bytes, *, age: float = 0.0, key: bytes = KEY) -> dict[str, str]:
    at = str(int(time.time() - age))
    mac = hmac.new(key, b"evt_1." + at.encode() + b"." + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return {"webhook-id": "evt_1", "webhook-timestamp": at, "webhook-signature": signature}


def ended(kind: str = "fine_tuning.job.succeeded", data: Any = None) -> bytes:
    return json.dumps({"type": kind, "data": data or {"id": "ftjob-1"}}).encode()


@pytest.mark.parametrize("end", ["succeeded", "failed", "cancelled"])
def test_the_job_of_a_signed_end_is_told(end: str) -> None:
    body = ended(f"fine_tuning.job.{end}")
    assert Webhooks(SECRET).job_of(body, signed(body)) == "ftjob-1"


def test_one_good_signature_among_several_is_enough() -> None:
    body = ended()
    headers = signed(body)
    headers["webhook-signature"] = f"v1,Zm9yZ2Vk {headers['webhook-signature']}"
    assert Webhooks(SECRET).job_of(body, headers) == "ftjob-1"


@pytest.mark.parametrize(
    "body",
    [
        ended("response.completed"),
        ended(data=["ftjob-1"]),
        ended(data={"id": 7}),
        b"[]",
        b"null",
        b"no json",
        b'{"type": []}',
        b"[" * 99_999,
    ],
)
def test_what_is_signed_but_tells_of_no_job_is_no_fault(body: bytes) -> None:
    assert Webhooks(SECRET).job_of(body, signed(body)) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(ended("response.completed")),
        signed(ended(), key=b"another key"),
        signed(ended(), age=3_600),
        signed(ended(), age=-3_600),
        signed(ended()) | {"webhook-timestamp": "yesterday"},
        signed(ended()) | {"webhook-signature": "v1,ü"},
    ],
)
def test_what_is_not_signed_for_this_body_now_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(NotSigned):
        Webhooks(SECRET).job_of(ended(), headers)


def test_a_body_that_is_no_text_is_refused_and_not_a_fault() -> None:
    with pytest.raises(NotSigned):
        Webhooks(SECRET).job_of(b"\xff", signed(b"\xff"))


@pytest.mark.parametrize(
    "event",
    [
        ("message", "Error while running eval for category hate/threatening", {}),
        ("moderation_checks", "", {"hate/threatening": {"passed": False}, "violence": {"passed": True}}),
        ("moderation_checks", "", {"results": [{"category": "hate/threatening", "status": "Failed"}]}),
        ("moderation_checks", "", {"checks": {"hate/threatening": "blocked", "hate": "ok"}}),
    ],
)
def test_a_failed_check_is_found_in_each_shape(event: tuple[str, str, Any]) -> None:
    assert safety.failed([("message", "Step 1/3: training loss=0.4", {"step": 1}), event]) == (
        "hate/threatening",
    )


@pytest.mark.parametrize(
    "event",
    [
        ("message", "Moderation checks for snapshot ft:x passed.", {}),
        ("message", "Error while running moderation eval refusals_v3 for snapshot ft:x", {}),
        ("moderation_checks", "", {"violence": {"passed": True}, "hate": True}),
        ("moderation_checks", "", {"unheard-of": {"passed": False}}),
        ("moderation_checks", "", None),
        ("metrics", "", {"violence": {"passed": False}}),
    ],
)
def test_what_is_no_failed_check_is_not_taken_for_one(event: tuple[str, str, Any]) -> None:
    assert safety.failed([event]) == ()
    assert safety.advise(safety.failed([event])) == ""
