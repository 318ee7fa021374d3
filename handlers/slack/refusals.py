"""What becomes of each refusal that Slack documents for the calls we make: the one table of it.

Source: the "Errors" section of each method's page, https://docs.slack.dev/reference/methods/METHOD, as of 2026-11.
A code that is not here is none that Slack documents: it counts as final, and the log names it.
"""

from bot.errors import Cure
from handlers import escaping

# What any method may answer. Source: the errors that every method's page repeats, e.g. auth.test.
_ANY_METHOD: dict[Cure, tuple[str, ...]] = {
    Cure.TIME: (
        "ratelimited",
        "rate_limited",
        "fatal_error",
        "internal_error",
        "service_unavailable",
        "request_timeout",
        "org_login_required",  # being moved to an enterprise organisation
        "team_added_to_org",
    ),
    Cure.OPERATOR: (
        "not_authed",
        "invalid_auth",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "two_factor_setup_required",
        "accesslimited",
        "access_denied",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "team_access_not_granted",
        "app_access_restricted",
    ),
    Cure.NONE: (
        "deprecated_endpoint",
        "method_deprecated",
        "unknown_method",
        "invalid_arg_name",
        "invalid_arguments",
        "invalid_array_arg",
        "invalid_charset",
        "invalid_form_data",
        "invalid_post_type",
        "missing_post_type",
    ),
}

# A message. Source: chat.postMessage, chat.update, chat.startStream, chat.appendStream, chat.stopStream.
_MESSAGES: dict[Cure, tuple[str, ...]] = {
    Cure.TIME: ("external_channel_migrating", "messaging_processing_failed", "update_failed"),
    Cure.INVITATION: (
        "not_in_channel",
        "channel_not_found",
    ),  # the second is a private channel without us, too
    Cure.UNARCHIVING: ("is_archived", "is_inactive"),
    Cure.OPERATOR: (
        "message_limit_exceeded",
        "messages_tab_disabled",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
    ),
    Cure.NONE: (
        "as_user_not_supported",
        "attachment_payload_limit_exceeded",
        "block_mismatch",
        "cannot_provide_both_markdown_text_and_chunks",
        "cannot_reply_to_message",
        "cant_broadcast_message",
        "cant_update_message",
        "channel_type_not_supported",
        "draft_already_deleted",
        "draft_already_sent",
        "draft_has_conflict",
        "draft_not_found",
        "duplicate_channel_not_found",
        "duplicate_message_not_found",
        "edit_window_closed",
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_chunks",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "invalid_thread_ts",
        "markdown_text_conflict",
        "markdown_text_or_chunks_required",
        "markdown_text_required",
        "message_not_found",
        "message_not_in_streaming_state",
        "message_not_owned_by_app",
        "metadata_must_be_sent_from_app",
        "metadata_too_large",
        "method_not_supported_for_channel_type",
        "missing_recipient_team_id",
        "missing_recipient_user_id",
        "msg_blocks_too_long",
        "msg_blocks_too_many",
        "msg_too_long",
        "no_dual_broadcast_content_update",
        "no_text",
        "restricted_action_thread_locked",
        "send_on_behalf_not_allowed",
        "stopped_by_user",
        "streaming_mode_mismatch",
        "streaming_state_conflict",
        "team_not_found",
        "too_many_attachments",
        "too_many_contact_cards",
    ),
}

# A view. Source: views.open, views.push, views.update, views.publish.
_VIEWS: dict[Cure, tuple[str, ...]] = {
    Cure.OPERATOR: ("not_enabled",),
    Cure.NONE: (
        "duplicate_external_id",
        "exchanged_trigger_id",
        "expired_trigger_id",
        "hash_conflict",
        "invalid_trigger_id",
        "not_found",
        "push_limit_reached",
        "view_too_large",
    ),
}

# A file. Source: files.info, files.delete, files.getUploadURLExternal, files.completeUploadExternal; those of sharing
# it also on chat.update.
_FILES: dict[Cure, tuple[str, ...]] = {
    Cure.TIME: ("file_update_failed",),
    Cure.INVITATION: ("invalid_channel",),
    Cure.OPERATOR: (
        "blocked_file_type",
        "file_type_not_allowed",
        "file_uploads_disabled",
        "file_uploads_except_images_disabled",
        "posting_to_channel_denied",
        "slack_connect_blocked_file_type",
        "slack_connect_canvas_sharing_blocked",
        "slack_connect_clip_sharing_blocked",
        "slack_connect_file_link_sharing_blocked",
        "slack_connect_file_upload_sharing_blocked",
        "slack_connect_lists_sharing_blocked",
        "storage_limit_reached",
        "user_is_external_guest",
    ),
    Cure.NONE: (
        "alt_txt_too_large",
        "canvas_disabled_file_team",
        "canvas_disabled_user_team",
        "canvas_globally_disabled",
        "cant_delete_file",
        "channels_limit_exceeded",
        "file_deleted",
        "file_is_deleted",
        "file_not_found",
        "file_share_limit_reached",
        "file_upload_size_restricted",
        "max_file_sharing_exceeded",
        "missing_argument",
        "missing_file_data",
        "not_visible",
        "snippet_too_large",
        "template_not_visible",
        "unable_to_share_files",
        "unknown_snippet_type",
        "unknown_subtype",
    ),
}

# A channel and who is in it. Source: conversations.info, .history, .replies and .members, users.info,
# usergroups.list, usergroups.users.list.
_PLACES: dict[Cure, tuple[str, ...]] = {
    Cure.TIME: ("fetch_members_failed",),
    Cure.OPERATOR: ("paid_teams_only", "permission_denied", "plan_upgrade_required"),
    Cure.NONE: (
        "invalid_cursor",
        "invalid_limit",
        "invalid_metadata_filter_keys",
        "invalid_ts_latest",
        "invalid_ts_oldest",
        "invalid_types",
        "list_record_comment_fetch_failed",
        "no_such_subteam",
        "subteam_not_found",
        "thread_not_found",
        "user_not_found",
        "user_not_visible",
    ),
}

CURES: dict[str, Cure] = {
    code: cure
    for part in (_ANY_METHOD, _MESSAGES, _VIEWS, _FILES, _PLACES)
    for cure, codes in part.items()
    for code in codes
}

_SAYS = {
    "not_in_channel": "I am not in this channel: invite me with `/invite` and try again.",
    "channel_not_found": "I am not in this channel: invite me with `/invite` and try again.",
    "is_archived": "This channel is archived; I can say nothing in it.",
    "is_inactive": "This channel is archived; I can say nothing in it.",
}


def sentence(code: str) -> str:
    """What a person reads of a refusal; what was not foreseen is named by its code."""
    if code in _SAYS:
        return _SAYS[code]
    if CURES.get(code) is Cure.OPERATOR:
        return (
            f"Slack does not let me do this ({escaping.code(code)}). "
            "Whoever runs me, or an admin of the workspace, can mend it."
        )
    return f"Slack refused it ({escaping.code(code)})."
