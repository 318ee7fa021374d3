"""The endpoint /chat/completions: whole answers and streams of words at a human pace, with their faults."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from bot.sandbox.openai import chat_request
from bot.sandbox.openai.answers import base_answer, pieces
from bot.sandbox.openai.catalog import TUNED_WINDOW
from bot.sandbox.openai.chat_request import ChatRequest
from bot.sandbox.openai.desk import ApiCall
from bot.sandbox.openai.errors import context_exceeded
from bot.sandbox.openai.jobs import fresh
from bot.sandbox.openai.shapes import Json
from bot.sandbox.openai.training_data import Turn
from bot.sandbox.openai.world import OpenAIWorld, TunedModel

_FINGERPRINT = "fp_simulated"


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer cut to the request's limits; ids and counts as the response shows them."""

    id: str
    created: int
    model: str
    words: list[str]
    tool_calls: list[Json]
    finish_reason: str
    usage: Json

    @property
    def text(self) -> str:
        return "".join(self.words)


class ChatApi:
    """The handler."""

    def __init__(self, world: OpenAIWorld) -> None:
        self._world = world

    async def create(self, call: ApiCall) -> Json | web.StreamResponse:
        """Answer a conversation, at once or word by word."""
        asked = chat_request.parse(await call.json())
        answer = await self._answer(asked)
        if asked.stream:
            return await self._stream(call, asked, answer)
        message: Json = {"role": "assistant", "content": answer.text, "refusal": None, "annotations": []}
        if answer.tool_calls:
            message |= {"content": answer.text or None, "tool_calls": answer.tool_calls}
        return {
            "id": answer.id,
            "object": "chat.completion",
            "created": answer.created,
            "model": answer.model,
            "choices": [
                {"index": 0, "message": message, "logprobs": None, "finish_reason": answer.finish_reason}
            ],
            "usage": answer.usage,
            "service_tier": "default",
            "system_fingerprint": _FINGERPRINT,
        }

    async def _answer(self, asked: ChatRequest) -> _Answer:
        count = self._world.count_tokens
        model = self._world.chat_model(asked.model)
        tuned = isinstance(model, TunedModel)
        prompt_tokens = asked.prompt_tokens(count)
        window = TUNED_WINDOW if isinstance(model, TunedModel) else model.window
        if prompt_tokens + (asked.max_tokens or 0) > window:
            raise context_exceeded(window, prompt_tokens + (asked.max_tokens or 0))
        talk = asked.talk()
        if isinstance(model, TunedModel):
            if not model.warm:
                model.warm = True
                await self._world.pause(self._world.settings.first_call_seconds)
            turn = (await model.memory()).answer(talk)
        else:
            turn = Turn(talk.prompt, talk.before, base_answer(asked.model, talk.prompt))
        calls = _as_calls(turn) if asked.tools else []
        text = turn.answer or ("" if calls else _written_out(turn))
        words, cut = self._limited(_stopped(text, asked.stop), asked.max_tokens)
        completion = sum(count(str(c["function"])) for c in calls) + count("".join(words))
        return _Answer(
            id=f"chatcmpl-{fresh(29)}",
            created=int(self._world.timeline.now),
            model=asked.model if tuned else model.id,
            words=words,
            tool_calls=calls,
            finish_reason="length" if cut else "tool_calls" if calls else "stop",
            usage=_usage(prompt_tokens, completion),
        )

    def _limited(self, text: str, most: int | None) -> tuple[list[str], bool]:
        """The words of a text that fit into `most` tokens, and whether some did not."""
        words = pieces(text)
        if most is None or self._world.count_tokens(text) <= most:
            return words, False
        kept: list[str] = []
        for word in words:
            if self._world.count_tokens("".join([*kept, word])) > most:
                break
            kept.append(word)
        return kept, True

    async def _stream(self, call: ApiCall, asked: ChatRequest, answer: _Answer) -> web.StreamResponse:
        response = web.StreamResponse(headers=call.headers() | {"Cache-Control": "no-cache"})
        response.content_type = "text/event-stream"
        response.charset = "utf-8"
        kind = call.fault.kind if call.fault else ""
        delay = call.fault.delay if call.fault and kind == "slow" else 1 / self._world.settings.pace
        chunks = list(_chunks(answer, include_usage=asked.include_usage))
        breaks_at = len(chunks) // 2 if kind in ("drop_after", "timeout_after") else None
        call.told = {"stream": True, "text": answer.text, "finish_reason": answer.finish_reason}
        try:
            await response.prepare(call.request)
            async for at, chunk in self._paced(chunks, delay):
                if at == breaks_at:
                    if kind == "timeout_after" and call.fault:
                        await self._world.pause(call.fault.delay)
                    call.hang_up()
                    return response
                await response.write(b"data: " + msgspec.json.encode(chunk) + b"\n\n")
            await response.write(b"data: [DONE]\n\n")
            await response.write_eof()
        except ConnectionError:
            call.told |= {"note": "the reader left"}
        return response

    async def _paced(self, chunks: list[Json], delay: float) -> AsyncIterator[tuple[int, Json]]:
        for at, chunk in enumerate(chunks):
            if at and delay:
                await self._world.pause(delay)
            yield at, chunk


def _chunks(answer: _Answer, *, include_usage: bool) -> list[Json]:
    """The `chat.completion.chunk` objects of a stream."""
    frame: Json = {
        "id": answer.id,
        "object": "chat.completion.chunk",
        "created": answer.created,
        "model": answer.model,
        "service_tier": "default",
        "system_fingerprint": _FINGERPRINT,
    }
    if include_usage:
        frame["usage"] = None
    deltas: list[Json] = [{"role": "assistant", "content": "", "refusal": None}]
    deltas += [{"content": word} for word in answer.words]
    for at, made in enumerate(answer.tool_calls):
        function = made["function"]
        opening = {"index": at, "id": made["id"], "type": "function"}
        deltas.append({"tool_calls": [opening | {"function": {"name": function["name"], "arguments": ""}}]})
        deltas += [
            {"tool_calls": [{"index": at, "function": {"arguments": piece}}]}
            for piece in pieces(function["arguments"])
        ]
    chunks = [frame | {"choices": [_choice(delta, None)]} for delta in deltas]
    chunks.append(frame | {"choices": [_choice({}, answer.finish_reason)]})
    if include_usage:
        chunks.append(frame | {"choices": [], "usage": answer.usage})
    return chunks


def _choice(delta: Json, finish_reason: str | None) -> Json:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _as_calls(turn: Turn) -> list[Json]:
    return [
        {"id": f"call_{fresh(24)}", "type": "function", "function": dict(made["function"])}
        for made in turn.tool_calls
    ]


def _written_out(turn: Turn) -> str:
    """Calls as text, for a reader that brought no tools."""
    return "\n".join(
        f"{made['function']['name']}({made['function']['arguments']})" for made in turn.tool_calls
    )


def _stopped(text: str, stops: tuple[str, ...]) -> str:
    found: list[Any] = [at for stop in stops if (at := text.find(stop)) >= 0]
    return text[: min(found)] if found else text


def _usage(prompt: int, completion: int) -> Json:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
