"""The endpoints /fine_tuning and /models: queries in, JSON out; the rules are in world.py."""

import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.openai import job_request, shapes, story
from bot.sandbox.openai.desk import ApiCall
from bot.sandbox.openai.errors import ApiError, bad_request
from bot.sandbox.openai.jobs import Job
from bot.sandbox.openai.shapes import Json
from bot.sandbox.openai.world import OpenAIWorld, page

_FILTER = re.compile(r"\Ametadata\[(.+)\]")
_PERMISSIONS = "/fine_tuning/checkpoints/{model}/permissions"


class TrainingApi:
    """The handlers."""

    def __init__(self, world: OpenAIWorld) -> None:
        self._world = world

    def routes(self) -> list[tuple[str, str, Callable[[ApiCall], Awaitable[Json | web.StreamResponse]]]]:
        """(method, path, handler) of each endpoint."""
        return [
            ("POST", "/fine_tuning/jobs", self.create),
            ("GET", "/fine_tuning/jobs", self.list_jobs),
            ("GET", "/fine_tuning/jobs/{id}", self.retrieve),
            ("POST", "/fine_tuning/jobs/{id}/cancel", self.cancel),
            ("POST", "/fine_tuning/jobs/{id}/pause", self.pause),
            ("POST", "/fine_tuning/jobs/{id}/resume", self.resume),
            ("GET", "/fine_tuning/jobs/{id}/events", self.events),
            ("GET", "/fine_tuning/jobs/{id}/checkpoints", self.checkpoints),
            ("GET", "/fine_tuning/model_limits", self.model_limits),
            ("GET", _PERMISSIONS, self.permissions),
            ("POST", _PERMISSIONS, self.permissions),
            ("DELETE", _PERMISSIONS + "/{permission}", self.permissions),
            ("GET", "/models", self.models),
            ("GET", "/models/{id}", self.model),
            ("DELETE", "/models/{id}", self.delete_model),
        ]

    async def create(self, call: ApiCall) -> Json:
        """Start a job."""
        return self._world.view(self._world.create_job(job_request.parse(await call.json())))

    async def list_jobs(self, call: ApiCall) -> Json:
        """List jobs, newest first, filtered by metadata if asked."""
        limit = shapes.query_integer(call.query.get("limit"), 20, "limit", 1, 100)
        jobs = [job for job in reversed(self._world.jobs.values()) if _matches(job, call)]
        shown, more = page(jobs, call.query.get("after"), limit, lambda job: job.id)
        return {"object": "list", "data": [self._world.view(job) for job in shown], "has_more": more}

    async def retrieve(self, call: ApiCall) -> Json:
        """One job."""
        return self._world.view(self._world.job(call.part("id")))

    async def cancel(self, call: ApiCall) -> Json:
        """End a job."""
        job = self._world.job(call.part("id"))
        self._world.cancel(job)
        return self._world.view(job)

    async def pause(self, call: ApiCall) -> Json:
        """Let a job stand still."""
        job = self._world.job(call.part("id"))
        self._world.pause_job(job)
        return self._world.view(job)

    async def resume(self, call: ApiCall) -> Json:
        """Let a job go on."""
        job = self._world.job(call.part("id"))
        self._world.resume_job(job)
        return self._world.view(job)

    async def events(self, call: ApiCall) -> Json:
        """What a job told so far, newest first."""
        limit = shapes.query_integer(call.query.get("limit"), 20, "limit", 1, 1000)
        job = self._world.job(call.part("id"))
        told = story.events(job, self._world.settle(), self._world.timeline)
        shown, more = page(told, call.query.get("after"), limit, lambda event: str(event["id"]))
        return {"object": "list", "data": shown, "has_more": more}

    async def checkpoints(self, call: ApiCall) -> Json:
        """The checkpoints of a job, newest first; none before it succeeded."""
        limit = shapes.query_integer(call.query.get("limit"), 10, "limit", 1, 100)
        job = self._world.job(call.part("id"))
        succeeded = job.status(self._world.settle()) == "succeeded"
        kept = story.checkpoints(job, self._world.timeline) if succeeded else []
        shown, more = page(kept, call.query.get("after"), limit, lambda checkpoint: str(checkpoint["id"]))
        return {
            "object": "list",
            "data": shown,
            "first_id": shown[0]["id"] if shown else None,
            "last_id": shown[-1]["id"] if shown else None,
            "has_more": more,
        }

    async def model_limits(self, call: ApiCall) -> Json:  # noqa: ARG002 - handlers take the call
        """What may be trained, and how much of it."""
        return self._world.model_limits()

    async def permissions(self, call: ApiCall) -> Json:
        """Refuse: sharing checkpoints between projects takes an admin key."""
        raise ApiError(
            403,
            "You have insufficient permissions for this operation. Missing scopes: "
            f"api.fine_tuning.checkpoints.{'read' if call.request.method == 'GET' else 'write'}. An admin API key "
            "is required.",
        )

    async def models(self, call: ApiCall) -> Json:  # noqa: ARG002 - handlers take the call
        """Every model that answers today."""
        return {"object": "list", "data": self._world.models()}

    async def model(self, call: ApiCall) -> Json:
        """One model."""
        return self._world.model(call.part("id"))

    async def delete_model(self, call: ApiCall) -> Json:
        """Forget a tuned model."""
        self._world.delete_model(call.part("id"))
        return {"id": call.part("id"), "object": "model", "deleted": True}


def _matches(job: Job, call: ApiCall) -> bool:
    metadata = job.request.metadata or {}
    for key, value in call.query.items():
        if key == "metadata":
            if value != "null":
                raise bad_request("'metadata' must be given as metadata[key]=value or as null.", "metadata")
            if metadata:
                return False
        elif (wanted := _FILTER.fullmatch(key)) and metadata.get(wanted[1]) != value:
            return False
    return True
