"""Asking for a job: the form with every setting, the same in one line, and once more with what was asked before."""

import json
import re
from typing import Any

from tests.stories.driver import Message, People, Person, dataset, shown
from tests.stories.talking import Talk, taught
from tests.stories.test_commands import answer
from tests.stories.test_faults import provider_has

MODEL = "gpt-4o-mini-2024-07-18"


def pairs(note: str = "a") -> bytes:
    """A small dataset of preference pairs."""
    lines = [
        {
            "input": {"messages": [{"role": "user", "content": f"Question {n}, {note}?"}]},
            "preferred_output": [{"role": "assistant", "content": f"Gladly! It is {n}."}],
            "non_preferred_output": [{"role": "assistant", "content": f"{n}, obviously, {note}."}],
        }
        for n in range(12)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


async def has(talk: Talk, *files: tuple[str, bytes]) -> None:
    """Mina shares these files, and each of them is ready."""
    for name, content in files:
        shared = await talk.people.mina.uploads(talk.channel, name, content)
        assert "is ready" in await talk.people.mina.verdict(talk.channel, shared)


async def opened(talk: Talk, words: str = "start") -> dict[str, Any]:
    """Mina's form, once it shows what it costs."""
    await talk.people.mina.commands(talk.channel, words)
    return await talk.people.mina.modal_with("Expected cost")


def block(view: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The form's input of this name, if it is there."""
    return next((b for b in view["blocks"] if b["block_id"].partition("~")[0] == name), None)


def choices(view: dict[str, Any], name: str) -> list[str]:
    """What a menu of the form offers."""
    found = block(view, name)
    assert found
    groups = found["element"].get("option_groups") or [found["element"]]
    return [option["text"]["text"] for group in groups for option in group["options"]]


async def pick(person: Person, view: dict[str, Any], name: str, label: str) -> None:
    """Choose in a menu what is called so."""
    found = block(view, name)
    assert found
    element = found["element"]
    groups = element.get("option_groups") or [element]
    option = next(o for g in groups for o in g["options"] if o["text"]["text"] == label)
    values = view["state"]["values"]
    values[found["block_id"]][element["action_id"]] = {"type": "static_select", "selected_option": option}
    await person.picks(view, element["action_id"], values, selected_option=option)


async def approved(talk: Talk, request: Message) -> dict[str, Any]:
    """Jonas approves; gives what the provider was then asked for."""
    await talk.people.jonas.clicks(request, "job_approve")
    await talk.people.mina.sees(talk.channel, "is ready, <@")
    [call] = await talk.people.calls("POST /fine_tuning/jobs")
    return dict(call["request"]["body"])


async def test_everything_that_is_chosen_in_the_form_reaches_the_provider(team: People) -> None:
    """Also a second file; the request's card and the details say what was chosen."""
    talk, mina = Talk(team), team.mina
    await has(talk, ("other.jsonl", dataset(note="other")), ("support.jsonl", dataset(note="support")))
    view = await opened(talk)
    assert choices(view, "validation") == ["None", "other.jsonl"]
    assert not block(view, "batch")
    assert not block(view, "beta")
    await pick(mina, view, "validation", "other.jsonl")
    await mina.picks(view, "start_more")
    view = await mina.modal_with("Learning rate")
    assert not block(view, "beta")
    typed = {"suffix": "tone", "epochs": "2", "batch": "4", "lr": "1.5", "seed": "7", "wandb": "curves"}
    assert (await mina.submits(view, mina.filled(view, **typed)))["ok"]

    request = await mina.sees(talk.channel, "tone* waits for approval")
    for words in ("2 epochs", "validated on other.jsonl", "batch size 4", "learning rate × 1.5", "seed 7"):
        assert words in shown(request)
    body = await approved(talk, request)
    assert len(await team.calls("POST /files")) == 2
    assert body.pop("training_file") != body.pop("validation_file")
    body.pop("metadata")
    assert body == {
        "model": MODEL,
        "method": {
            "type": "supervised",
            "supervised": {
                "hyperparameters": {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 1.5}
            },
        },
        "suffix": "tone",
        "seed": 7,
        "integrations": [{"type": "wandb", "wandb": {"project": "curves"}}],
    }


async def test_the_form_tells_which_prompts_validation_and_training_share(team: People) -> None:
    """Before anything is paid; the choice stays the person's."""
    talk, mina = Talk(team), team.mina
    content = dataset(note="support")
    leaking = b"".join(content.splitlines(keepends=True)[:10])
    await has(talk, ("leaking.jsonl", leaking), ("support.jsonl", content))
    view = await opened(talk)
    assert "in the training data" not in str(view["blocks"])
    await pick(mina, view, "validation", "leaking.jsonl")
    view = await mina.modal_with("10 of 10 validation prompts are also in the training data")
    assert (await mina.submits(view, mina.filled(view, suffix="tone")))["ok"]
    await mina.sees(talk.channel, "tone* waits for approval")


async def test_the_form_shows_what_fits_the_dataset_and_keeps_what_was_typed(team: People) -> None:
    """Pairs train by preference, which has a beta and fewer models; a value that is off is told at its field."""
    talk, mina = Talk(team), team.mina
    await has(talk, ("pairs.jsonl", pairs()), ("support.jsonl", dataset()))
    view = await opened(talk)
    # The simulated models retire a while from now, whenever that is.
    assert re.search(r"Training on this model closes \d+ \w{3} 20\d\d", str(view["blocks"]))
    assert not block(view, "validation")
    values = mina.filled(view, suffix="tone")
    await mina.picks(view, "suffix", values, value="tone")
    view = await mina.modal_with(f"ft:{MODEL}:sandbox-org:tone:xxxxxxxx")

    await pick(mina, view, "dataset", "pairs.jsonl")
    view = await mina.modal_with("Preference fine-tuning")
    assert "The model you had chosen does not train on this" in str(view["blocks"])
    assert choices(view, "model") == ["gpt-4.1", "gpt-4.1-mini", "gpt-4o"]
    await mina.picks(view, "start_more")
    view = await mina.modal_with("Beta")
    said = await mina.submits(view, mina.filled(view, beta="3"))
    assert said["errors"] == {"beta": "A number above 0 and up to 2, such as 0.1, or auto."}

    await mina.picks(view, "start_more", mina.filled(view, beta="0.2"))  # folded, it still counts
    await mina.modal_with("More settings")
    view = await mina.form("start_form")
    assert not block(view, "beta")
    assert (await mina.submits(view, mina.filled(view)))["ok"]
    request = await mina.sees(talk.channel, "tone* waits for approval")
    body = await approved(talk, request)
    assert body["method"] == {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.2}}}
    assert body["suffix"] == "tone"


async def test_one_line_asks_for_the_same_and_names_the_word_that_is_wrong(team: People) -> None:
    talk, mina = Talk(team), team.mina
    await has(talk, ("other.jsonl", dataset(note="other")), ("support.jsonl", dataset(note="support")))
    good = "start support.jsonl model=gpt-4o-mini"
    for typed, told in (
        ("start suport.jsonl model=gpt-4o-mini", "The nearest is `support.jsonl`."),
        (f"{good} epoch=2", "Did you mean `epochs=`?"),
        (f"{good} epochs=99", "`epochs=99`: A whole number from 1 to 50, or auto."),
        (f"{good} beta=0.1", "`beta=0.1`: Only training on preference pairs has a beta"),
        (f"{good} validation=support.jsonl", "`validation=support.jsonl`: It has the same content"),
        ("start support.jsonl model=gpt4o-mini", "the nearest is gpt-4o-mini."),
    ):
        assert told in shown(await answer(team, mina, talk.channel, typed)), typed

    line = f"{good} epochs=2 suffix=tone batch=8 lr=1.5 seed=7 validation=other.jsonl"
    assert "the request stands in this channel" in shown(await answer(team, mina, talk.channel, line))
    request = await mina.sees(talk.channel, "tone* waits for approval")
    body = await approved(talk, request)
    assert body["model"] == MODEL
    assert body["validation_file"]
    assert body["method"]["supervised"]["hyperparameters"] == {
        "n_epochs": 2,
        "batch_size": 8,
        "learning_rate_multiplier": 1.5,
    }


async def test_both_files_go_up_once_though_the_provider_does_not_answer(team: People) -> None:
    """Each is found again by its content instead of being sent twice."""
    talk, mina = Talk(team), team.mina
    await has(talk, ("other.jsonl", dataset(note="other")), ("support.jsonl", dataset(note="support")))
    await mina.commands(
        talk.channel, "start support.jsonl model=gpt-4o-mini suffix=tone validation=other.jsonl"
    )
    request = await mina.sees(talk.channel, "tone* waits for approval")
    await team.fault("openai", "POST /files", "drop_after", times=2)
    body = await approved(talk, request)
    files = {
        file["id"]: file["filename"]
        for file in await provider_has(team, "files")
        if file["purpose"] == "fine-tune"
    }
    assert len(files) == 2
    assert files[body["training_file"]].startswith("support-")
    assert files[body["validation_file"]].startswith("other-")


async def test_half_a_line_opens_the_form_with_what_it_says(team: People) -> None:
    talk, mina = Talk(team), team.mina
    await has(talk, ("support.jsonl", dataset(note="support")), ("newer.jsonl", dataset(note="newer")))
    view = await opened(talk, "start support.jsonl epochs=2 seed=7")
    values = mina.filled(view)
    assert values["dataset"]["start_dataset"]["selected_option"]["text"]["text"] == "support.jsonl"
    assert values["epochs"]["start_epochs"]["value"] == "2"
    assert values["seed"]["seed"]["value"] == "7"
    assert "× 2 epochs" in str(view["blocks"])


async def test_again_with_opens_the_form_as_the_job_was_asked_for_and_can_go_on_from_its_model(
    team: People,
) -> None:
    talk, mina = Talk(team), team.mina
    await has(talk, ("support.jsonl", taught(("What is it?", "A lamp."))))
    await mina.commands(talk.channel, "start support.jsonl model=gpt-4o-mini epochs=2 suffix=tone seed=7")
    request = await mina.sees(talk.channel, "tone* waits for approval")
    await approved(talk, request)
    end = await mina.sees(talk.channel, "tone* is ready, <@")

    await mina.clicks(await mina.follows(end), "job_again")
    view = await mina.modal_with("Expected cost")
    values = mina.filled(view)
    assert values["suffix"]["suffix"]["value"] == "tone"
    assert values["epochs"]["start_epochs"]["value"] == "2"
    assert values["seed"]["seed"]["value"] == "7"
    assert "tone" in choices(view, "model")
    await pick(mina, view, "model", "tone")
    view = await mina.form("start_form")
    assert (await mina.submits(view, mina.filled(view, suffix="tone-2")))["ok"]

    request = await mina.sees(talk.channel, "tone-2* waits for approval")
    await team.jonas.clicks(request, "job_approve")
    await mina.sees(talk.channel, "tone-2* is ready, <@")
    bodies = [call["request"]["body"] for call in await team.calls("POST /fine_tuning/jobs")]
    assert bodies[0]["model"] == MODEL
    assert bodies[1]["model"].startswith(f"ft:{MODEL}:")
