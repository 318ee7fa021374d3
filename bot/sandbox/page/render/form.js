// What a person has typed or chosen in one message or view, kept apart from what is drawn; shaped as view.state.values.

/** The values of one surface by block_id and action_id; survives every redraw. */
export class FormState {
  constructor(values = {}) {
    this.values = values;
    this.errors = {};
  }

  get(blockId, actionId) {
    return this.values[blockId]?.[actionId];
  }

  set(blockId, actionId, value) {
    this.values[blockId] = { ...this.values[blockId], [actionId]: value };
    delete this.errors[blockId];
  }

  /** The kept value, else the element's own initial one (which is kept from now on). */
  start(blockId, element) {
    const kept = this.get(blockId, element.action_id);
    if (kept && kept.type === element.type && isOffered(element, kept)) return kept;
    const value = initialValue(element);
    this.values[blockId] = { ...this.values[blockId], [element.action_id]: value };
    return value;
  }

  /** Forget what is no longer on the surface, as Slack does when a view changes. */
  prune(blocks) {
    const known = new Map();
    for (const block of blocks.flatMap(withInner)) {
      const elements = [...(block.elements ?? []), ...(block.actions ?? []), block.element, block.accessory].filter(
        Boolean,
      );
      known.set(block.block_id, new Set(elements.map((e) => e.action_id)));
    }
    for (const blockId of Object.keys(this.values)) {
      const ids = known.get(blockId);
      if (!ids) delete this.values[blockId];
      else
        for (const actionId of Object.keys(this.values[blockId]))
          if (!ids.has(actionId)) delete this.values[blockId][actionId];
    }
  }
}

/** A block and, for a container, those inside it. */
const withInner = (block) => [block, ...(block.child_blocks ?? []).flatMap(withInner)];

const many = {
  multi_static_select: "selected_options",
  multi_external_select: "selected_options",
  multi_users_select: "selected_users",
  multi_conversations_select: "selected_conversations",
  multi_channels_select: "selected_channels",
  checkboxes: "selected_options",
  file_input: "files",
};
const one = {
  static_select: "selected_option",
  external_select: "selected_option",
  radio_buttons: "selected_option",
  users_select: "selected_user",
  conversations_select: "selected_conversation",
  channels_select: "selected_channel",
  datepicker: "selected_date",
  timepicker: "selected_time",
  datetimepicker: "selected_date_time",
};
const initialOf = {
  selected_option: "initial_option",
  selected_options: "initial_options",
  selected_user: "initial_user",
  selected_users: "initial_users",
  selected_conversation: "initial_conversation",
  selected_conversations: "initial_conversations",
  selected_channel: "initial_channel",
  selected_channels: "initial_channels",
  selected_date: "initial_date",
  selected_time: "initial_time",
  selected_date_time: "initial_date_time",
};

/** What was chosen from a list must still be on it. */
function isOffered(element, kept) {
  const options = element.options ?? element.option_groups?.flatMap((g) => g.options);
  if (!options) return true;
  const chosen = [kept.selected_option, ...(kept.selected_options ?? [])].filter(Boolean);
  return chosen.every((c) => options.some((o) => o.value === c.value));
}

/** The key under which an element of this type carries its value. */
export const valueKey = (type) => many[type] ?? one[type] ?? "value";
export const isMany = (type) => type in many;

function initialValue(element) {
  const key = valueKey(element.type);
  const initial = element[initialOf[key] ?? "initial_value"];
  return { type: element.type, [key]: initial ?? (isMany(element.type) ? [] : null) };
}
