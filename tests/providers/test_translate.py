"""Which sentence a person reads for which error of the provider."""

import pytest

from bot.errors import ProviderRefused, ProviderUnavailable
from bot.providers import profiles
from bot.providers.advice import advise
from bot.providers.openai_api import OpenAIProvider
from tests.providers.fake_server import FakeServer


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (401, "invalid_api_key", "OPENAI_API_KEY"),
        (403, None, "permission"),
        (404, None, "another project"),
        (413, None, "larger"),
        (429, "insufficient_quota", "credit"),
        (400, "context_length_exceeded", "new thread"),
        (422, None, "refused the request"),
    ],
)
async def test_a_refusal_is_final_and_says_what_to_do(
    server: FakeServer, provider: OpenAIProvider, status: int, code: str | None, sentence: str
) -> None:
    server.refuses("GET /models", status, "The server's own words.", code)
    with pytest.raises(ProviderRefused, match=sentence) as caught:
        await provider.models()
    assert caught.value.said == "The server's own words."
    assert "own words" not in str(caught.value)


async def test_a_key_that_the_server_repeats_goes_no_further(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.refuses("GET /models", 401, "Incorrect API key provided: sk-proj-ab*****yz9.", "invalid_api_key")
    with pytest.raises(ProviderRefused) as caught:
        await provider.models()
    assert caught.value.said == "Incorrect API key provided: sk-…"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "12"}, 12.0),
        ({"Retry-After-Ms": "1500"}, 1.5),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({}, None),
    ],
)
async def test_how_long_to_wait_is_read_in_every_form(
    server: FakeServer, provider: OpenAIProvider, headers: dict[str, str], seconds: float | None
) -> None:
    server.refuses("GET /models", 503, "Overloaded", headers=headers)
    with pytest.raises(ProviderUnavailable) as caught:
        await provider.models()
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("code", "message", "advice"),
    [
        (
            "invalid_n_examples",
            "Training file has 7 example(s), but must have at least 10 examples",
            "at least 10",
        ),
        (
            "invalid_training_file",
            "Invalid file format. Example 100, message 2 Discriminator 'role' is missing in value",
            'line 100 of the dataset: add the missing "role"',
        ),
        (
            "invalid_file_format",
            'The job failed due to a file format error in the training file. Example 1 contains an extra "weight".',
            'line 1 of the dataset: remove the key "weight"',
        ),
        (
            "invalid_file_format",
            "Example 6174 message contains an invalid token: <|fim_suffix|>.",
            "line 6174 of the dataset: remove the reserved token `<|fim_suffix|>`",
        ),
        ("invalid_file_format", "Example 1 is missing key 'input'.", "not a preference example"),
        (
            "invalid_file_format",
            "Example 4 is missing key 'messages'",
            "line 4 of the dataset: it is not a chat",
        ),
        (
            "",
            "Invalid file format. Example 1273 cannot be parsed. Error: line contains invalid json: … (line 1273)",
            "line 1273 of the dataset: it is not valid JSON",
        ),
        ("invalid_file_format", "Something new.", "Look at the dataset:"),
        ("", "Error while running moderation eval refusals_v3 for snapshot ft:x", "safety checks"),
        ("exceeded_quota", "You exceeded your current quota", "credit"),
        ("server_error", "The job failed due to an internal error.", "nothing is wrong with the dataset"),
        ("brand_new", "Who knows.", ""),
    ],
)
def test_a_failed_job_comes_with_advice(code: str, message: str, advice: str) -> None:
    assert advice in advise(code, message)
    assert bool(advice) == bool(advise(code, message))


def test_every_profile_is_complete_and_keeps_its_key_to_itself() -> None:
    found = profiles.load()
    assert "openai" in found
    assert all(profile.base_url.startswith("https://") for profile in found.values())
    keys = [profile.key_variable for profile in found.values()]
    assert len(set(keys)) == len(keys)
