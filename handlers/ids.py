"""Every id that Slack sends back to us: actions, callbacks, blocks. Nothing else uses such a string."""

from enum import StrEnum


class Action(StrEnum):
    """Buttons and menus."""

    START = "start_open"  # value: a dataset's id, or "-" for none in particular
    REPORT = "dataset_report"  # these four: a dataset's id
    MEND = "dataset_mend"  # opens the form that shows first what would be done
    CONVERT = "dataset_convert"
    REPORT_AS_FILE = "dataset_report_as_file"
    EXAMPLES = "dataset_examples"  # these three: a dataset's id, what of it is looked at, and from where
    EXAMPLES_EARLIER = "examples_earlier"
    EXAMPLES_LATER = "examples_later"
    DELETE = "dataset_delete"  # a dataset's id and what was read of it, see bot.domain.stale_buttons
    MORE = "dataset_more"  # a menu; an option's value: what to do, a colon, a dataset's id
    APPROVE = "job_approve"  # a job's id and what was read of it; so is CANCEL's
    REJECT = "job_reject"  # these five: a job's id
    EDIT = "job_edit"
    DETAILS = "job_details"
    CANCEL = "job_cancel"
    PAUSE = "job_pause"  # these two: a job's id, from its details
    RESUME = "job_resume"
    CHAT = "job_chat"
    CHAT_AGAIN = "chat_again"  # a conversation's id
    AGAIN = "job_again"
    GO_ON = "checkpoint_go_on"  # a checkpoint, as a job's id, @ and the step; so may be CHAT's
    COMPARE = "job_compare"
    MODEL_MORE = "model_more"  # a menu; an option's value: code, rename or delete, a colon, a job's id
    SHARE = "model_share"  # a job's id
    UNSHARE = "model_unshare"  # a job's id, a colon, a channel's id
    MODELS_NEWER = "models_newer"  # these two: the number of the first model to be shown
    MODELS_OLDER = "models_older"
    VOTE_A = "compare_a"  # these three: a ballot's id
    VOTE_B = "compare_b"
    VOTE_SAME = "compare_same"
    VOTED = "compare_voted"  # a ballot's id
    BLIND = "compare_hide"  # these three: a conversation's id
    END = "compare_end"
    COMPARE_AGAIN = "compare_again"
    ALL_COMMANDS = "help_all"
    PICK_CHAT = "chat_pick"
    MORE_SETTINGS = "start_more"  # of the start form: shows more of its inputs, or fewer
    PICK_CHANNEL = "start_channel"  # these are inputs of the start form, after which it is drawn anew
    PICK_DATASET = "start_dataset"
    PICK_MODEL = "start_model"
    PICK_SUFFIX = "suffix"
    PICK_EPOCHS = "start_epochs"
    PICK_VALIDATION = "start_validation"
    SET_POLICY = "policy_set"  # these two: a channel's id
    SET_POLICY_FOR_ALL = "policy_set_for_all"
    SET_BUDGET = "budget_set"  # a channel's id
    SET_BUDGET_FOR_ALL = "budget_set_for_all"
    AUDIT_WHO = "audit_who"  # these four are menus of the audit's page, after which it is drawn anew
    AUDIT_WHAT = "audit_what"
    AUDIT_CHANNEL = "audit_channel"
    AUDIT_MONTH = "audit_month"
    AUDIT_NEWER = "audit_newer"  # these two: the number of the first entry to be shown
    AUDIT_OLDER = "audit_older"
    AUDIT_AS_CSV = "audit_as_csv"  # a month, or "all"
    PICK_SHAPE = "convert_shape"  # these two are inputs of the form that converts
    PICK_COLUMN = "convert_column"


class Field(StrEnum):
    """Inputs that say nothing until their form is submitted."""

    BATCH = "batch"
    LR = "lr"
    BETA = "beta"
    WANDB = "wandb"
    REASON = "reason"
    SHARE = "share"
    EXAMPLES = "examples"
    SEED = "seed"
    SYSTEM = "system"
    VERSION = "version"
    LINE = "line"
    LIMIT = "limit"
    OVERRIDERS = "overriders"
    ALIAS = "alias"
    SHARE_WITH = "share_with"
    APPROVERS = "approvers"
    APPROVER_GROUPS = "approver_groups"
    REQUESTERS = "requesters"
    REQUESTER_GROUPS = "requester_groups"
    APPROVALS = "approvals"
    BELOW = "below"
    HOURS = "hours"
    CHATS = "chats"
    SELF = "self"
    RULES = "rules"


class Block(StrEnum):
    """Inputs of forms; a BadInput's `field` is one of these, so that its sentence stands there.

    Slack keeps what an input holds as long as its block's id stays. Where the choices change, the id has to: it
    then goes on after VARIANT.
    """

    CHANNEL = "channel"
    DATASET = "dataset"
    MODEL = "model"
    SUFFIX = "suffix"
    EPOCHS = "epochs"
    VALIDATION = "validation"
    BATCH = "batch"
    LR = "lr"
    BETA = "beta"
    SEED = "seed"
    WANDB = "wandb"
    REASON = "reason"
    SHAPE = "shape"
    COLUMN = "column_"  # followed by what the column is
    SYSTEM = "system"
    SHARE = "share"
    EXAMPLES = "examples"
    VERSION = "version"
    LINE = "line"
    LIMIT = "limit"
    OVERRIDERS = "overriders"
    ALIAS = "alias"
    SHARE_WITH = "share_with"
    APPROVERS = "approvers"
    APPROVER_GROUPS = "approver_groups"
    REQUESTERS = "requesters"
    REQUESTER_GROUPS = "requester_groups"
    APPROVALS = "approvals"
    BELOW = "below"
    HOURS = "hours"
    CHATS = "chats"
    SELF = "self"
    RULES = "rules"


class Shortcut(StrEnum):
    """Shortcuts, as the manifest names them."""

    START = "finetune_start"
    START_FROM_MESSAGE = "finetune_start_from_message"


class Form(StrEnum):
    """Modals that are submitted."""

    START = "start_form"
    REJECT = "reject_form"
    CONVERT = "convert_form"
    MEND = "mend_form"
    SPLIT = "split_form"
    COMPARE = "compare_form"
    DELETE = "delete_form"
    EXAMPLES = "examples_form"
    BUDGET = "budget_form"
    ALIAS = "alias_form"
    DELETE_MODEL = "delete_model_form"
    SHARE = "share_form"
    POLICY = "policy_form"


COMMAND = "/finetune"
MENTION = "@Finetune bot"  # as the manifest names the bot
DELETE = "delete"  # the entry of Action.MORE that handlers.datasets answers
VARIANT = "~"
NOTHING = "-"  # a button's value may not be empty
