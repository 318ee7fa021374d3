// How an element acts: its ids, its confirm dialog, waiting, failing, and keeping what was changed.
import { confirmDialog } from "../popup.js";

/** What a person reads when a press could not be delivered. */
export const refusal = (error) =>
  error.body?.error === "no_such_action"
    ? "This changed while you looked at it, and the button is gone. Nothing was done."
    : error.message;

export const ids = (el, block) => ({ actionId: el.action_id, blockId: block.block_id });

/** Send an action after its confirm dialog; the node shows that it waits, and a warning when Slack would. */
export async function act(node, el, block, surface, action) {
  if (el.confirm && !(await confirmDialog(el.confirm))) return false;
  node.classList.add("waiting");
  node.setAttribute("aria-busy", "true");
  try {
    const answer = await surface.act({ action_id: el.action_id, block_id: block.block_id, ...action });
    node.classList.toggle("failed", answer?.ok === false);
    node.title = answer?.ok === false ? `The app did not answer: ${answer.error ?? "unknown error"}` : "";
  } finally {
    node.classList.remove("waiting");
    node.removeAttribute("aria-busy");
  }
  return true;
}

/** Keep a changed value and send it where the element acts at once. */
export function changed(node, el, block, surface, asInput, value) {
  const before = surface.form.get(block.block_id, el.action_id);
  surface.form.set(block.block_id, el.action_id, { type: el.type, ...value });
  surface.changed?.(block);
  if (asInput && !block.dispatch_action) return;
  void act(node, el, block, surface, { type: el.type, ...value }).then((sent) => {
    if (!sent) {
      surface.form.set(block.block_id, el.action_id, before);
      surface.redraw?.(block);
    }
  });
}
