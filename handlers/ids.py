"""Every id that Slack sends back to us: actions, callbacks, blocks. Nothing else uses such a string."""

from enum import StrEnum


class Action(StrEnum):
    """Buttons and menus."""

    START = "start_open"  # value: a dataset's id, or "-" for none in particular
    REPORT = "dataset_report"  # value: a dataset's id
    APPROVE = "job_approve"  # these five: a job's id
    REJECT = "job_reject"
    DETAILS = "job_details"
    CANCEL = "job_cancel"
    CHAT = "job_chat"
    PICK_CHANNEL = "start_channel"  # these four are inputs of the start form
    PICK_DATASET = "start_dataset"
    PICK_MODEL = "start_model"
    PICK_EPOCHS = "start_epochs"


class Field(StrEnum):
    """Inputs that say nothing until their form is submitted."""

    SUFFIX = "suffix"
    REASON = "reason"


class Block(StrEnum):
    """Inputs of forms; a BadInput's `field` is one of these, so that its sentence stands there."""

    CHANNEL = "channel"
    DATASET = "dataset"
    MODEL = "model"
    SUFFIX = "suffix"
    EPOCHS = "epochs"
    REASON = "reason"


class Shortcut(StrEnum):
    """Shortcuts, as the manifest names them."""

    START = "finetune_start"
    START_FROM_MESSAGE = "finetune_start_from_message"


class Form(StrEnum):
    """Modals that are submitted."""

    START = "start_form"
    REJECT = "reject_form"


COMMAND = "/finetune"
NOTHING = "-"  # a button's value may not be empty
