"""How the OpenAI side refuses: OpenAI's error bodies and texts; knows nothing of sockets or of state."""

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """A refusal, with the HTTP status and the four fields every OpenAI error body has."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.param = param
        self.code = code
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def bad_request(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """Refuse a request because of what it says."""
    return ApiError(400, message, param=param, code=code)


def no_key() -> ApiError:
    """Refuse a request without a key."""
    return ApiError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using "
        "Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if "
        "you're accessing the API from your browser and are prompted for a username and password. You can "
        "obtain an API key from https://platform.openai.com/account/api-keys.",
    )


def wrong_key(key: str) -> ApiError:
    """Refuse an unknown key, showing only its ends as OpenAI does."""
    shown = f"{key[:8]}{'*' * max(0, len(key) - 12)}{key[-4:]}" if len(key) > 12 else "*" * len(key)
    return ApiError(
        401,
        f"Incorrect API key provided: {shown}. "
        "You can find your API key at https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )


def no_file(file_id: str) -> ApiError:
    """Say that a file is not there (any more)."""
    return ApiError(404, f"No such File object: {file_id}", param="id")


def no_upload(upload_id: str) -> ApiError:
    """Say that an upload is not there."""
    return ApiError(404, f"No such Upload object: {upload_id}", param="upload_id")


def no_job(job_id: str) -> ApiError:
    """Say that a fine-tuning job is not there."""
    return ApiError(
        404, f"Could not find fine tune: {job_id}", param="fine_tune_id", code="fine_tune_not_found"
    )


def no_model(model: str) -> ApiError:
    """Say that a model is not there, as /models does."""
    return ApiError(404, f"The model '{model}' does not exist", param="model", code="model_not_found")


def no_chat_model(model: str) -> ApiError:
    """Say that a model is not there, as chat completions does."""
    return ApiError(
        404, f"The model `{model}` does not exist or you do not have access to it.", code="model_not_found"
    )


def retired_model(model: str) -> ApiError:
    """Say that a model has been shut down."""
    return ApiError(
        404,
        f"The model `{model}` has been deprecated, learn more here: "
        "https://platform.openai.com/docs/deprecations",
        code="model_not_found",
    )


def not_trainable(model: str) -> ApiError:
    """Say that a model cannot be fine-tuned."""
    return bad_request(
        f"Model {model} is not available for fine-tuning or does not exist.", code="model_not_available"
    )


def rate_limited(retry_after: float) -> ApiError:
    """Say that there were too many requests."""
    return ApiError(
        429,
        f"Rate limit reached for requests. Please try again in {retry_after:g}s.",
        kind="requests",
        code="rate_limit_exceeded",
        headers={"retry-after": f"{retry_after:g}"},
    )


def server_error() -> ApiError:
    """Say that the server failed."""
    return ApiError(
        500, "The server had an error while processing your request. Sorry about that!", kind="server_error"
    )


def asked_for(code: str) -> ApiError:
    """The refusal somebody asked the sandbox for by its code."""
    known = {
        "insufficient_quota": ApiError(
            429,
            "You exceeded your current quota, please check your plan and billing details. For more information "
            "on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
            kind="insufficient_quota",
            code="insufficient_quota",
        ),
        "invalid_api_key": wrong_key("sk-sandbox-0001"),
        "rate_limit_exceeded": rate_limited(1),
        "internal_error": server_error(),
        "training_closed": training_closed(),
        "model_not_found": no_chat_model("unknown"),
        "unknown_url": ApiError(404, "Invalid URL"),
        "context_length_exceeded": context_exceeded(128_000, 128_001),
    }
    return known.get(code) or bad_request(f"The sandbox was asked to refuse this call: {code}", code=code)


def training_closed() -> ApiError:
    """Refuse training to an organisation that may no longer do it (the real text is not known)."""
    return ApiError(
        403,
        "Creating fine-tuning jobs is no longer available to your organization. Inference on fine-tuned models "
        "will continue to be available until the base models are deprecated.",
        code="fine_tuning_not_available",
    )


def context_exceeded(window: int, tokens: int) -> ApiError:
    """Refuse a conversation longer than the model's window, both in tokens."""
    return bad_request(
        f"This model's maximum context length is {window} tokens. However, your messages resulted in {tokens} "
        "tokens. Please reduce the length of the messages.",
        "messages",
        "context_length_exceeded",
    )
