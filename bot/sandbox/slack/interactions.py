"""Commands, shortcuts, clicks and modals as a person uses them: delivered to the app, its answer carried out."""

from typing import Any

from bot.sandbox.slack import payloads
from bot.sandbox.slack.answers import respond
from bot.sandbox.slack.blocks import interactive
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.elements import GROUP, OPTION
from bot.sandbox.slack.errors import ActRefused, SlackError
from bot.sandbox.slack.inputs import HOLDS, Values, changed_values, form_errors, held, option_of, start_values
from bot.sandbox.slack.posts import Post
from bot.sandbox.slack.response_urls import ResponseUrl
from bot.sandbox.slack.shapes import Findings, ListOf
from bot.sandbox.slack.socket_mode import Answer
from bot.sandbox.slack.team import Channel, User
from bot.sandbox.slack.typed import for_command
from bot.sandbox.slack.workspace import Workspace

Result = dict[str, Any]


class Interactions:
    """What people do with the app's commands, buttons and forms."""

    def __init__(self, slack: Workspace) -> None:
        self._slack = slack

    async def command(
        self, user: User, channel: Channel, name: str, text: str, *, thread_ts: str = ""
    ) -> Result:
        """Run a slash command; Slack has none in threads, and none of this app for another organisation."""
        known = self._slack.manifest.command(name)
        if known is None or user.is_stranger:
            text = f"{name} is not a valid command."
            return self._refused(user, channel, "invalid_command", text, thread_ts)
        if thread_ts:
            text = f"{name} is not supported in threads. Sorry!"
            return self._refused(user, channel, "not_supported_in_threads", text, thread_ts)
        sent = for_command(text.strip(), self._slack.team, should_escape=known.should_escape)
        payload = payloads.command(self._slack, user, channel, name, sent)
        answer = await self._slack.courier.ask(Delivery("slash_commands", name, payload))
        if not answer.ok:
            error = _error(answer)
            return self._refused(user, channel, error, f"{name} failed with the error “{error}”")
        self._answered(user, channel, f"{name} {text}".strip(), answer.payload)
        return {"ok": True}

    async def shortcut(self, user: User, callback_id: str, post: Post | None) -> Result:
        """Use a global shortcut, or a message shortcut on a message."""
        known = self._slack.manifest.shortcut(callback_id)
        if known is None or user.is_stranger:
            raise ActRefused("no_such_shortcut", f"the app has no shortcut {callback_id} for this person")
        if (known.type == "message") != (post is not None):
            raise ActRefused("wrong_shortcut_type", f"{callback_id} is a {known.type} shortcut")
        if post is None:
            payload = payloads.global_shortcut(self._slack, user, callback_id)
        else:
            payload = payloads.message_shortcut(self._slack, user, callback_id, post)
        return await self._interact(user, callback_id, payload, post)

    async def click(self, user: User, post: Post, action: dict[str, Any], values: Values) -> Result:
        """Use an element of a message."""
        blocks = post.body.get("blocks") or []
        acted = _acted(self._slack, user, blocks, action)
        state = changed_values(blocks, start_values(blocks), values)
        if acted["type"] in HOLDS:
            state = changed_values(blocks, state, {acted["block_id"]: {acted["action_id"]: acted}})
        payload = payloads.message_click(self._slack, user, post, acted, state)
        return await self._interact(user, acted["action_id"], payload, post)

    async def view_click(
        self, user: User, view: dict[str, Any], action: dict[str, Any], values: Values
    ) -> Result:
        """Use an element of a modal or of App Home."""
        acted = _acted(self._slack, user, view["blocks"], action)
        state = changed_values(view["blocks"], view["state"]["values"], self._with_files(values))
        if acted["type"] in HOLDS:
            state = changed_values(view["blocks"], state, {acted["block_id"]: {acted["action_id"]: acted}})
        self._slack.views.set_values(view, state)
        payload = payloads.view_click(self._slack, user, view, acted)
        return await self._interact(user, acted["action_id"], payload, None)

    async def submit(self, user: User, view: dict[str, Any], values: Values) -> Result:
        """Submit the modal on top."""
        stack = self._slack.views.stack(user.id)
        if not stack or stack[-1]["id"] != view["id"] or view["submit"] is None:
            raise ActRefused(
                "cannot_submit", "only the modal on top can be submitted, and only if it has a submit button"
            )
        self._slack.views.set_values(
            view, changed_values(view["blocks"], view["state"]["values"], self._with_files(values))
        )
        if errors := form_errors(view["blocks"], view["state"]["values"]):
            return {"ok": False, "errors": errors}
        payload = payloads.submission(self._slack, user, view)
        name = view["callback_id"] or "view_submission"
        answer = await self._slack.courier.ask(Delivery("interactive", name, payload))
        if not answer.ok:
            return self._refused(user, None, _error(answer), "We had some trouble connecting. Try again?")
        try:
            return self._carried_out(user, view, answer.payload)
        except SlackError as refused:
            return self._refused(user, None, refused.code, " ".join(refused.messages) or refused.code)

    async def close(self, user: User, view: dict[str, Any], *, clear: bool) -> Result:
        """Close the modal on top, or all of them; the app hears it where it asked to."""
        cleared = clear or view["clear_on_close"]
        closing = list(self._slack.views.stack(user.id)) if cleared else [view]
        if cleared:
            self._slack.views.clear(user.id)
        else:
            self._slack.views.close(user.id, view["id"])
        for gone in reversed(closing):
            if gone["notify_on_close"]:
                payload = payloads.closed(user, gone, cleared=cleared)
                name = gone["callback_id"] or "view_closed"
                await self._slack.courier.ask(Delivery("interactive", name, payload))
        return {"ok": True}

    async def options(
        self, user: User, place: dict[str, Any], blocks: list[dict[str, Any]], typed: Result
    ) -> Result:
        """Ask the app for the options of an external select."""
        block, element = _found(blocks, typed)
        payload = payloads.suggestion(
            user, place, block["block_id"], element["action_id"], typed.get("value", "")
        )
        answer = await self._slack.courier.ask(Delivery("interactive", element["action_id"], payload))
        if not answer.ok:
            return {"ok": False, "error": _error(answer)}
        given = answer.payload if isinstance(answer.payload, dict) else {}
        findings = Findings()
        key = "option_groups" if "option_groups" in given else "options"
        ListOf(GROUP if key == "option_groups" else OPTION, 100, 0).check(given.get(key), f"/{key}", findings)
        if findings.messages:
            return {"ok": False, "error": "invalid_options", "detail": findings.messages}
        return {"ok": True, key: given[key]}

    async def _interact(self, user: User, name: str, payload: dict[str, Any], post: Post | None) -> Result:
        if not self._slack.manifest.interactivity:
            return {"ok": False, "error": "interactivity_is_off_in_the_manifest"}
        answer = await self._slack.courier.ask(Delivery("interactive", name, payload))
        if answer.ok:
            return {"ok": True}
        where = self._slack.team.channels.get(post.channel) if post else None
        thread_ts = post.root if post and post.is_reply else ""
        return self._refused(user, where, _error(answer), "This app did not respond. Try again?", thread_ts)

    def _refused(
        self, user: User, channel: Channel | None, error: str, text: str, thread_ts: str = ""
    ) -> Result:
        self._slack.notice(user.id, text, channel.id if channel else "", thread_ts)
        return {"ok": False, "error": error, "detail": text}

    def _answered(self, user: User, channel: Channel, typed: str, answer: Any) -> None:
        """Show what the app acknowledged a command with; `in_channel` also shows the command itself."""
        given = {"text": answer} if isinstance(answer, str) else answer if isinstance(answer, dict) else {}
        if given.get("response_type") == "in_channel":
            self._slack.post(channel, {"user": user.id, "text": typed})
        if not any(given.get(k) for k in ("text", "blocks", "attachments")):
            return
        try:
            respond(self._slack, ResponseUrl(user.id, channel.id, None, 0), given)
        except SlackError as refused:
            self._slack.notice(user.id, " ".join((refused.code, *refused.messages)), channel.id)

    def _carried_out(self, user: User, view: dict[str, Any], answer: Any) -> Result:
        given = answer if isinstance(answer, dict) else {}
        match given.get("response_action"):
            case None:
                self._slack.views.close(user.id, view["id"])
            case "clear":
                self._slack.views.clear(user.id)
            case "update":
                self._slack.views.update(given.get("view"), view_id=view["id"])
            case "push":
                self._slack.views.push(user.id, given.get("view"))
            case "errors":
                return self._form_refused(user, view, given.get("errors") or {})
            case other:
                raise SlackError("invalid_response_action", messages=[str(other)])
        return {"ok": True}

    def _form_refused(self, user: User, view: dict[str, Any], errors: dict[str, str]) -> Result:
        inputs = {b["block_id"] for b in view["blocks"] if b["type"] == "input"}
        if not errors or not errors.keys() <= inputs:
            text = f"the app's errors name {sorted(errors)}, the form's input blocks are {sorted(inputs)}"
            return self._refused(user, None, "invalid_response_errors", text)
        return {"ok": False, "errors": errors}

    def _with_files(self, values: Values) -> Values:
        """The same values with the ids of uploaded files made into file objects, which the app may read from now on."""
        return {b: {a: self._file_value(v) for a, v in actions.items()} for b, actions in values.items()}

    def _file_value(self, value: dict[str, Any]) -> dict[str, Any]:
        if "files" not in value:
            return value
        files = [self._slack.files.need(str(f["id"])) for f in value["files"] or ()]
        for file in files:
            file.submitted = True
        return {**value, "files": [self._slack.files.for_message(f) for f in files]}


def _error(answer: Answer) -> str:
    return "operation_timeout" if answer.reason in ("timeout", "http_timeout") else "dispatch_failed"


def _found(blocks: list[dict[str, Any]], action: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    for block, element in interactive(blocks):
        same_block = action.get("block_id") in (None, block["block_id"])
        if same_block and element.get("action_id") == action.get("action_id"):
            return block, element
    there = [e.get("action_id") for _, e in interactive(blocks)]
    raise ActRefused("no_such_action", f"{action.get('action_id')!r} is not here; there is {there}")


def _acted(
    slack: Workspace, user: User, blocks: list[dict[str, Any]], action: dict[str, Any]
) -> dict[str, Any]:
    """The action as `block_actions` carries it, completed from the element it was done on."""
    block, element = _found(blocks, action)
    if block["type"] == "input" and not block.get("dispatch_action"):
        raise ActRefused(
            "no_dispatch_action",
            f"the input {block['block_id']} tells the app nothing before it is submitted",
        )
    visible = element.get("visible_to_user_ids")
    if visible and user.id not in visible:
        raise ActRefused("not_visible", f"{element['action_id']} is shown to {visible} only")
    kind = element["type"]
    acted = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": slack.posts.new_ts(),
    }
    if kind in ("button", "icon_button", "workflow_button"):
        said = {k: element[k] for k in ("text", "value", "style", "url", "confirm") if k in element}
        return acted | said | ({"value": str(action["value"])} if action.get("value") else {})
    if kind == "feedback_buttons":
        buttons = [element["positive_button"], element["negative_button"]]
        pressed = next((b for b in buttons if b["value"] == action.get("value")), None)
        if pressed is None:
            raise ActRefused("no_such_option", f"{action.get('value')!r} is neither of its two buttons")
        return acted | {"text": pressed["text"], "value": pressed["value"]}
    if kind == "overflow":
        return acted | {"selected_option": option_of(element, action.get("selected_option") or {})}
    return acted | held(element, action)
