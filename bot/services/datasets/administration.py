"""A channel's datasets as people look after them: found by name, given a title, deleted here and at the provider."""

import asyncio
import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.domain import stale_buttons
from bot.domain.access import Viewer
from bot.domain.datasets import lifecycle
from bot.domain.datasets.lifecycle import Dataset, Label
from bot.domain.datasets.whereabouts import Whereabouts, file_of, sent
from bot.domain.decision_basis import Basis, DatasetBasis, Prepared
from bot.domain.escaping import plain
from bot.domain.jobs.job import FOLLOWED, LIVE, Job
from bot.domain.transforms import lifecycle as transforms
from bot.domain.work_queue import Transition, pause, slowly
from bot.errors import (
    BadInput,
    CurableRefusal,
    NotFound,
    ProviderRefused,
    SlackRefused,
    StaleState,
    Temporary,
)
from bot.ports import Claim, Clock, Logger, Provider, Storage, Uploads
from bot.services.datasets.contents import Contents, provider_ending
from bot.services.policies import PolicyService

TITLE = 60  # characters
_QUOTES = "\"'`“”„‘’*"
JOB_PAUSE = 60.0  # seconds before looking again whether a job still needs the provider's copy
WORK_PAUSE = 10.0  # seconds until what is being made or answered has probably ended
REFUSED_PAUSE = 300.0  # seconds before asking a provider again that refuses to delete


@dataclass(frozen=True)
class DatasetAdministration:
    """What is done with datasets besides checking and training on them; `days`: see bot.services.retention."""

    storage: Storage
    provider: Provider
    uploads: Uploads
    contents: Contents
    policies: PolicyService
    clock: Clock
    log: Logger
    wake: Callable[[], None]
    days: int = 0

    async def whereabouts(self, viewer: Viewer, dataset_id: str) -> Whereabouts:
        """Where the content of a dataset is besides here, as the jobs of its channel tell. Raises NotFound."""
        dataset = await self._get(viewer, dataset_id)
        nowhere = Whereabouts(self.provider.name, self.days)
        if dataset.sha256 is None:
            return nowhere
        place = dataset.place
        jobs = [
            job
            for job in await self.storage.jobs.of_content(dataset.sha256)
            if (job.place.workspace, job.place.channel_id) == (place.workspace, place.channel_id)
        ]
        files = {file_id for job in jobs if (file_id := file_of(job, dataset.sha256))}
        deleted = await self.storage.audit.files_deleted(place.workspace, files)
        return replace(nowhere, sent=sent(jobs, dataset.sha256, deleted))

    async def versions(self, viewer: Viewer, name: str) -> list[Dataset]:
        """The datasets of this name in the channel where somebody looks, newest first; their files' name is one too.

        Raises:
            NotFound: there is none; the sentence names the nearest.
        """
        known = await self.storage.datasets.labels(viewer.here)
        wanted = name.strip(_QUOTES + " ").casefold()
        found = next((each for each in known if wanted in each.names), None)
        versions = await self.storage.datasets.of_name(viewer.here, found.name) if found else []
        if not versions:
            raise _unknown(name, known)
        return versions

    async def rename(self, viewer: Viewer, words: str) -> tuple[str, Dataset]:
        """Give a dataset and all its versions a title: `words` are its name and, after it, the title.

        Gives what it was called before, and its newest version. Raises NotAllowed, NotFound, BadInput.
        """
        place = viewer.place
        known = await self.storage.datasets.labels(viewer.here)
        old, title = _parted(words, known)
        newest = (await self.versions(viewer, old))[0]
        title = "" if title == newest.name else _checked(title)
        by = viewer.user_id

        async def save(prepared: Prepared) -> None:
            def step(there: Sequence[Dataset], basis: Basis) -> list[Transition[Dataset]]:
                self.policies.still(prepared, basis).check_errand(prepared.member(by))
                if any(title.casefold() in each.names for each in there if each.name != newest.name):
                    raise BadInput(
                        f"Another dataset of this channel is called *{plain(title)}*; take another title."
                    )
                return [lifecycle.titled(each, title) for each in there if each.name == newest.name]

            await self.storage.datasets.retitle(place, step)

        await self.policies.decide(place, {by}, save)
        self.wake()
        return newest.label, await self._get(viewer, newest.id)

    # ---- deleting -------------------------------------------------------------------------------------------

    async def check_delete(self, viewer: Viewer, dataset_id: str) -> Dataset:
        """The dataset, if this person may delete it now.

        Raises:
            NotAllowed: neither the uploader nor an approver.
            StaleState: it is deleted already, or a job that has not ended uses it.
        """
        dataset = await self._get(viewer, dataset_id)
        policy, known = await self.policies.of_person(dataset.place, viewer.member)
        policy.check_delete(known, dataset)
        if dataset.state in lifecycle.GONE:
            raise StaleState(f"*{plain(dataset.label)}* was deleted already.")
        using = await self.storage.jobs.using(dataset.id)
        _check_unused(dataset, [using] if using else [])
        return dataset

    async def delete(self, viewer: Viewer, dataset_id: str, read: str | None = None) -> Dataset:
        """Have it deleted, here and at the provider, as it was `read` (stale_buttons); asking twice is asking once.

        Raises as `check_delete`, and StaleState when it is called something else by now.
        """
        place, by = (await self.check_delete(viewer, dataset_id)).place, viewer.user_id

        async def save(prepared: Prepared) -> Dataset:
            def step(dataset: Dataset, basis: DatasetBasis) -> Transition[Dataset]:
                self.policies.still(prepared, basis).check_delete(prepared.member(by), dataset)
                stale_buttons.check(dataset_id, read, stale_buttons.dataset(dataset))
                _check_unused(dataset, basis.needed_by)
                return lifecycle.delete_asked(dataset, by, self.clock.now())

            return await self.storage.datasets.decide(dataset_id, step)

        dataset = await self.policies.decide(place, {by}, save)
        self._left(dataset_id, by)
        return dataset

    async def file_deleted(self, workspace: str, file_id: str) -> None:
        """The file is gone in Slack: so are the datasets made of it."""
        for dataset in await self.storage.datasets.of_file(workspace, file_id):
            await self._leave(dataset.id)

    async def remove(self, claim: Claim[Dataset]) -> None:
        """Remove every copy of a dataset that is to be deleted; done again after a crash it removes what is left."""
        try:
            shared = await self._removed(claim.row)
            stays, sent = await self._words_removed(claim.row)
            for file_id in (claim.row.file_id, *sent):
                await self._out_of_slack(file_id, claim.row)
        except ProviderRefused as refused:
            await self._delayed(claim, str(refused), REFUSED_PAUSE)
        except Temporary as fault:
            await self._delayed(claim, str(fault), fault.retry_after)
        else:
            await self.storage.datasets.change(
                claim.row.id,
                lambda dataset: lifecycle.deleted(dataset, shared=shared, stays=stays),
                token=claim.token,
            )
            await self.storage.words.wipe()
            self.log.info("dataset deleted", dataset=claim.row.id, shared=shared)

    async def forget(self, sha256: str) -> None:
        """Remove our copy of a content, unless another dataset or a job that is still to be created needs it."""
        used = await self.storage.datasets.uses(self.contents.place_of(sha256))
        if not used and all(job.state in FOLLOWED for job in await self._live_on(sha256)):
            await asyncio.to_thread(self.contents.forget, sha256)

    def again(self, dataset: Dataset, sentence: str, retry_after: float | None) -> Transition[Dataset]:
        """The removal once more, later; it is never given up."""
        wait = pause(dataset.attempts, retry_after)
        return lifecycle.delayed(dataset, sentence, self.clock.now() + wait)

    async def _removed(self, dataset: Dataset) -> bool:
        """Remove what no other dataset and no job needs; whether another dataset needs the same content.

        Whichever way the deletion was asked for: a job that is still to be created needs our copy, one that runs the
        provider's.
        """
        await asyncio.to_thread(self.contents.forget_incoming, dataset.id)
        if dataset.sha256 is None:  # never read to its end: nothing was kept, nothing sent
            return False
        if await self.storage.datasets.uses(self.contents.place_of(dataset.sha256)):
            return True
        live = await self._live_on(dataset.sha256)
        if creating := next((job for job in live if job.state not in FOLLOWED), None):
            raise Temporary(f"the job *{plain(creating.title)}* still needs it.", JOB_PAUSE)
        await asyncio.to_thread(self.contents.forget, dataset.sha256)
        if live:
            raise Temporary(
                f"the job *{plain(live[0].title)}* still needs the copy at the provider.", JOB_PAUSE
            )
        await self.provider.delete_files(provider_ending(dataset.sha256))
        return False

    async def _words_removed(self, dataset: Dataset) -> tuple[tuple[str, ...], list[str]]:
        """Forget what chats and transforms hold of it.

        Gives the names of what was made of it and stays, and the files that were sent about it and do not.
        """
        stays = [
            plain(job.title)
            for job in await self.storage.jobs.of_content(dataset.sha256 or "-")
            if dataset.id in _datasets_of(job) and job.fine_tuned_model and job.model_deletion is None
        ]
        sent: list[str] = []
        for transform in await self.storage.transforms.of_dataset(dataset.id):
            for file in transform.produced:
                made = await self.storage.datasets.of_file(dataset.place.workspace, file.file_id or "-")
                stays += [each.label for each in made if each.state not in lifecycle.GONE]
                if not file.is_dataset and file.file_id:
                    sent.append(file.file_id)
            if (
                await self.storage.transforms.change(transform.id, transforms.forgotten)
            ).state not in transforms.ENDED:
                raise Temporary("something is still being made of it.", WORK_PAUSE)
        if await self.storage.words.of_dataset(dataset.id):
            raise Temporary("an answer in a chat with its model is still being written.", WORK_PAUSE)
        return tuple(dict.fromkeys(stays)), sent

    async def _out_of_slack(self, file_id: str, dataset: Dataset) -> None:
        """A file that we made (mended, or a report) nobody else could delete there."""
        try:
            await self.uploads.delete(file_id)
        except CurableRefusal as refused:
            raise Temporary(str(refused), slowly(dataset.attempts).total_seconds()) from refused
        except (
            SlackRefused
        ) as refused:  # what is ours to remove is gone; the file is seen by who may see the channel
            self.log.warning("file stays in Slack", dataset=dataset.id, code=refused.code)

    async def _leave(self, dataset_id: str) -> None:
        now = self.clock.now()
        await self.storage.datasets.change(
            dataset_id, lambda dataset: lifecycle.delete_asked(dataset, "", now)
        )
        self._left(dataset_id, "")

    def _left(self, dataset_id: str, by: str) -> None:
        self.log.info("dataset delete asked", dataset=dataset_id, by=by)
        self.wake()

    async def _delayed(self, claim: Claim[Dataset], sentence: str, retry_after: float | None) -> None:
        await self.storage.datasets.change(
            claim.row.id, lambda dataset: self.again(dataset, sentence, retry_after), token=claim.token
        )

    async def _live_on(self, sha256: str | None) -> list[Job]:
        """The jobs that have not ended and train or validate on this content."""
        known = await self.storage.jobs.of_content(sha256) if sha256 else []
        return [job for job in known if job.state in LIVE]

    async def _get(self, viewer: Viewer, dataset_id: str) -> Dataset:
        dataset = await self.storage.datasets.seen(viewer.sight, dataset_id)
        if dataset is None:
            raise NotFound(
                "I don't know this dataset any more; `/finetune datasets` lists those of a channel."
            )
        return dataset


def _datasets_of(job: Job) -> set[str]:
    return {job.dataset_id} | ({job.validation.dataset_id} if job.validation else set())


def _check_unused(dataset: Dataset, needed_by: Sequence[Job]) -> None:
    if needed_by:
        raise StaleState(
            f"The job *{plain(needed_by[0].title)}* needs *{plain(dataset.label)}*. "
            "Cancel the job or wait for its end, then delete it."
        )


def _unknown(name: str, known: Sequence[Label]) -> NotFound:
    if not known:
        return NotFound(
            "There are no datasets in this channel yet. Drop a JSONL file here and I'll check it."
        )
    labels = {each.label.casefold(): each.label for each in reversed(known)}
    near = difflib.get_close_matches(name.casefold(), labels, n=1, cutoff=0.4)
    hint = f" Did you mean *{plain(labels[near[0]])}*?" if near else ""
    return NotFound(f"No dataset of this channel has this name.{hint} `/finetune datasets` lists them.")


def _parted(words: str, known: Sequence[Label]) -> tuple[str, str]:
    """A dataset's name, which may hold spaces, and the title after it."""
    names = sorted((name for each in known for name in each.names), key=len, reverse=True)
    for name in names:
        for quote in ("", *_QUOTES):
            begin = len(quote) + len(name) + len(quote)
            if words.casefold().startswith(f"{quote}{name}{quote} "):
                return name, words[begin:].strip()
    old, _, title = words.partition(" ")
    if old and title:
        raise _unknown(old, known)
    raise BadInput("Which dataset, and what shall it be called? `/finetune rename OLD NEW`.")


def _checked(title: str) -> str:
    title = " ".join(title.strip(_QUOTES + " ").split())
    if not title:
        raise BadInput("What shall it be called? `/finetune rename OLD NEW`.")
    if len(title) > TITLE:
        raise BadInput(f"A title has up to {TITLE} characters; this one has {len(title)}.")
    return title
