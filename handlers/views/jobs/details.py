"""What a requester chose besides model, data and epochs, in words; what was left to the provider is not mentioned."""

from bot.domain.jobs.job import Job
from handlers import escape


def chosen(job: Job) -> list[str]:
    """One phrase for each setting that is not "auto", in the form's order; empty when all of it is."""
    given = job.hyperparameters
    phrases = {
        f"validated on {escape.name(job.validation.name if job.validation else '')}": job.validation,
        f"batch size {given.batch_size}": given.batch_size,
        f"learning rate × {given.learning_rate_multiplier}": given.learning_rate_multiplier,
        f"beta {given.beta}": given.beta,
        f"seed {job.seed}": job.seed,
        f"curves to W&amp;B project {escape.name(job.wandb_project)}": job.wandb_project or None,
    }
    return [phrase for phrase, value in phrases.items() if value is not None]
