"""Tuned models: the list of them with its pages, one by name, the forms that rename and delete; takes values."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain import stale_buttons
from bot.domain.jobs.job import Job
from bot.domain.models import ALIAS_LENGTH, Access, Model, ModelState
from bot.domain.money import dollars
from handlers import escaping
from handlers.ids import COMMAND, Action, Field, Form
from handlers.ids import Block as Id
from handlers.views.blocks import (
    Block,
    Message,
    View,
    actions,
    button,
    context,
    divider,
    header,
    modal,
    option,
    overflow,
    plain,
    question,
    section,
)
from handlers.views.figures import count, number, when
from handlers.views.jobs.cards import compare_button

_GIVEN = (
    "People there can chat with it, compare it and train it further; it answers under the system prompt of its "
    "training data. They see neither that prompt, nor the dataset, nor the job."
)
FROM_CODE = "code"  # the entry of a model's menu that shows how programs use it
USE_IT = "Use it from code"
PAGE = 10  # models: each takes up to three of the 50 blocks of a message
_SIGNS = {
    ModelState.ANSWERS: "🟢",
    ModelState.RETIRED: "🌙",
    ModelState.DELETING: "🗑️",
    ModelState.DELETED: "🗑️",
}


def listing(models: Sequence[Model], begin: int, total: int) -> Message:
    """One page of the tuned models, from the one with the number `begin` on."""
    if not models:
        text = "There are no tuned models yet. Drop a dataset into a channel; when its job ends, the model stands here."
        return Message(text, [section(text)])
    blocks: list[Block] = [header("Tuned models")]
    for each in models:
        blocks += _shown(each)
    end = begin + len(models)
    if begin or end < total:
        blocks.append(context(f"{begin + 1} to {end} of {total}, newest first; deleted ones at the end."))
        blocks.append(actions(*_pages(begin, end, total)))
    return Message(count(total, "tuned model"), blocks)


def one(model: Model) -> Message:
    """The answer to `model NAME`."""
    blocks = _shown(model)[:-1]
    if model.borrowed:
        return Message(f"*{escaping.name(model.job.title)}* {_state(model)}", blocks)
    name = escaping.code(model.job.fine_tuned_model or "")
    return Message(f"{_named(model.job)} {_state(model)}", [*blocks, context(f"Model {name}")])


def _pages(begin: int, end: int, total: int) -> list[Block]:
    newer = [button("Newer", Action.MODELS_NEWER, str(max(0, begin - PAGE)))] if begin else []
    older = [button("Older", Action.MODELS_OLDER, str(end))] if end < total else []
    return newer + older


def _shown(model: Model) -> list[Block]:
    job = model.job
    if model.borrowed:
        return _borrowed(model)
    lines = [f"{_SIGNS[model.state]} {_named(job)} {_state(model)}", _origin(model), _figures(model)]
    buttons = [button("Details", Action.DETAILS, job.id), button("Run again…", Action.AGAIN, job.id)]
    if model.state is ModelState.ANSWERS:
        buttons[:0] = [button("Chat", Action.CHAT, job.id), compare_button(job)]
    if model.state in (ModelState.ANSWERS, ModelState.RETIRED):
        used = [option(USE_IT, f"{FROM_CODE}:{job.id}")] if model.state is ModelState.ANSWERS else []
        entries = [*used, option("Rename…", f"rename:{job.id}"), option("Delete…", f"delete:{job.id}")]
        buttons.append(overflow(Action.MODEL_MORE, entries))
    return [section("\n".join(line for line in lines if line)), actions(*buttons), divider()]


def _borrowed(model: Model) -> list[Block]:
    """A model that was shared: what it is called and what can be done with it, nothing of its job and its data."""
    job = model.job
    base = escaping.name(model.info.name) if model.info is not None else "a base model"
    text = f"{_SIGNS[model.state]} *{escaping.name(job.title)}* {_state(model)}\nshared · from {base}"
    answers = model.state is ModelState.ANSWERS
    buttons = [actions(button("Chat", Action.CHAT, job.id))] if answers else []
    return [section(text), *buttons, divider()]


def _named(job: Job) -> str:
    """What people call it, bold, with what its job was asked for under where that is another name."""
    asked = job.suffix or job.dataset_name
    trained_as = f" (trained as {escaping.name(asked)})" if job.alias and asked != job.alias else ""
    return f"*{escaping.name(job.title)}*{trained_as}"


def _state(model: Model) -> str:
    """What has become of it, and until when it answers."""
    info, deletion = model.info, model.job.model_deletion
    if deletion is not None:
        at = f" {when(deletion.done_at)}" if deletion.done_at else ""
        word = "was deleted" if deletion.done_at else "is being deleted"
        return f"{word}{at} by <@{deletion.by}>"
    until = info.serves_until.isoformat() if info is not None and info.serves_until else ""
    if model.state is ModelState.RETIRED:
        return (
            f"is retired: {escaping.name(info.name) if info else 'its base'} no longer answers since {until}"
        )
    if model.retires_in is None:
        return "answers"
    return f"answers · retires in {count(model.retires_in, 'day')}, {until}"


def _origin(model: Model) -> str:
    job = model.job
    began = (
        f"going on from {escaping.name(job.went_on_from)}" if job.went_on_from else escaping.name(job.model)
    )
    version = f" version {model.version}" if model.version else ""
    at = f" {when(job.ended_at)}" if job.ended_at else ""
    return (
        f"{escaping.name(job.dataset_name)}{version} → {began}, {escaping.name(job.method)} · "
        f"job {escaping.code(job.id)} of <@{job.requested_by}>{at}"
    )


def _figures(model: Model) -> str:
    job, info = model.job, model.info
    until = info.trainable_until if info is not None and model.state is ModelState.ANSWERS else None
    facts = [
        f"{number(job.trained_tokens)} tokens trained" if job.trained_tokens is not None else "",
        f"cost {dollars(job.cost)}" if job.cost is not None else "",
        count(model.checkpoints, "checkpoint") if model.checkpoints else "",
        f"nobody can train it from {until.isoformat()} on" if until is not None else "",
        f"Waiting: {escaping.told(job.fault)}" if model.state is ModelState.DELETING and job.fault else "",
    ]
    return " · ".join(fact for fact in facts if fact)


def from_code(access: Access) -> View:
    """Shows how a program asks the model: its name to copy, Python and curl. No key is in it."""
    name, variable = json.dumps(access.name), access.key_variable
    python = f"""import os
from openai import OpenAI

client = OpenAI(base_url={json.dumps(access.base_url)}, api_key=os.environ["{variable}"])
answer = client.chat.completions.create(
    model={name},
    messages=[{{"role": "user", "content": "Hello!"}}],
)
print(answer.choices[0].message.content)"""
    asked = {"model": access.name, "messages": [{"role": "user", "content": "Hello!"}]}
    curl = (
        f"curl {shlex.quote(access.base_url.rstrip('/') + '/chat/completions')} \\\n"
        f'  -H "Authorization: Bearer ${variable}" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d {shlex.quote(json.dumps(asked))}"
    )
    return modal(
        USE_IT,
        [
            section(
                f"*{escaping.name(access.title)}* answers whoever has a key of the provider. Its name there:"
            ),
            section(_code(access.name)),
            section(f"*Python*\n{_code(python)}"),
            section(f"*curl*\n{_code(curl)}"),
            context(
                f"Your key stays in the environment variable {escaping.code(variable)}. Begin the messages with the "
                "system prompt of the training data: the model learned to answer under it. What programs ask is in "
                "no budget here."
            ),
        ],
    )


def _code(text: str) -> str:
    """A block that people copy; nothing in it ends it."""
    return f"```{escaping.escape(text).replace('`', 'ˋ')}```"


def rename_form(model: Model) -> View:
    """Asks for an alias."""
    job = model.job
    element: Block = {
        "type": "plain_text_input",
        "action_id": Field.ALIAS,
        "max_length": ALIAS_LENGTH,
        **({"initial_value": job.alias} if job.alias else {}),
    }
    hint = "Letters, digits and dashes. Empty: as its job was called. Two models of a channel never share an alias."
    return modal(
        "Rename model",
        [
            section(
                f"What shall people call *{escaping.name(job.title)}*?\n{escaping.code(job.fine_tuned_model or '')}"
            ),
            question(Id.ALIAS, "Alias", element, hint=hint, optional=True),
        ],
        callback_id=Form.ALIAS,
        submit="Rename",
        close="Back",
        private_metadata=job.id,
    )


def renamed(before: str, job: Job) -> Message:
    """After an alias was given or taken."""
    text = (
        f"*{escaping.name(before)}* is called *{escaping.name(job.title)}* from now on: "
        f"`{COMMAND} chat {escaping.name(job.title).replace('`', '')}`."
    )
    return Message(text, [section(text)])


def share_form(job: Job) -> View:
    """Asks with which channel, and says what that gives away."""
    element: Block = {
        "type": "conversations_select",
        "action_id": Field.SHARE_WITH,
        "placeholder": plain("Pick a channel"),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return modal(
        "Share model",
        [
            section(f"Which channel may use *{escaping.name(job.title)}* too?\n{_GIVEN}"),
            question(
                Id.CHANNEL, "Channel", element, hint="Both channels are told, and you can take it back."
            ),
        ],
        callback_id=Form.SHARE,
        submit="Share",
        close="Back",
        private_metadata=job.id,
    )


def shared(job: Job, channel_id: str, *, on: bool) -> Message:
    """After a model was shared, or is no more."""
    name, where = f"*{escaping.name(job.title)}*", f"<#{channel_id}>"
    text = (
        f"{name} is shared with {where} from now on. {_GIVEN}"
        if on
        else f"{name} is not shared with {where}."
    )
    return Message(text, [section(text)])


def share_told(job: Job, data: Mapping[str, Any], channel_id: str) -> Message:
    """Said in the model's own channel, and in the one that uses it, which is not told where it comes from."""
    name, by = f"*{escaping.name(job.title)}*", f"<@{data['by']}>"
    there = f"<#{data['with']}>"
    match bool(data["on"]), channel_id == data["with"]:
        case True, True:
            text = (
                f"{by} shares the model {name} with this channel: `{COMMAND} chat {_typed(job)}` talks to it. It "
                "answers under the system prompt with which it was trained."
            )
        case True, False:
            text = f"{by} shares the model {name} with {there}. {_GIVEN}"
        case False, True:
            text = f"{by} has taken back the model {name}: it answers nobody in this channel any more."
        case _:
            text = f"{by} has taken back the model {name} from {there}."
    return Message(text, [section(text)])


def _typed(job: Job) -> str:
    return escaping.name(job.title).replace("`", "")


def delete_form(model: Model, provider: str) -> View:
    """Asks whether it is meant, with what is lost."""
    job = model.job
    cost = f" It cost {dollars(job.cost)} to train." if job.cost is not None else ""
    kept = f" Its {count(model.checkpoints, 'checkpoint')} go with it." if model.checkpoints else ""
    lost = (
        f"{escaping.name(provider)} deletes it for good: nobody can talk to it, train it further or bring it back."
        f"{cost}{kept} Threads in which it answers end. What was said there, the dataset and the job's record stay."
    )
    return modal(
        "Delete model",
        [
            section(
                f"Shall I delete *{escaping.name(job.title)}*?\n{escaping.code(job.fine_tuned_model or '')}\n{lost}"
            )
        ],
        callback_id=Form.DELETE_MODEL,
        submit="Delete",
        close="Keep it",
        private_metadata=stale_buttons.value(job.id, stale_buttons.model(job)),
    )
