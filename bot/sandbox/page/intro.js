// The head of a channel: what it is for and, while it is empty, three things to try first.
import { h, icon } from "./dom.js";
import { avatar } from "./render/avatar.js";
import { mrkdwn } from "./render/mrkdwn.js";
import { appName, botId, emit, state, user } from "./state.js";

/** `composer` is where the suggestions lead; `empty` says whether to make any. */
export function intro(channel, composer, empty) {
  const symbol = channel.is_im ? avatar(user(botId()), 44) : icon(channel.is_private ? "lock" : "hash", 26);
  const about = channel.is_im
    ? `This is your conversation with ${appName()}. Only the two of you see it.`
    : (channel.topic && mrkdwn(channel.topic)) || "This is the very beginning of the channel.";
  return h(
    "div",
    { class: "intro" },
    h("span", { class: "intro-icon" }, symbol),
    h("h2", {}, channel.is_im ? appName() : channel.name),
    h("p", {}, about),
    empty && channel.members.includes(botId()) && channel.members.includes(state.me) ? starters(composer) : null,
  );
}

function starters(composer) {
  const command = state.world.commands[0]?.command;
  const starter = (symbol, title, words, onClick, testid) =>
    h(
      "button",
      { type: "button", class: "starter", data: { testid }, on: { click: onClick } },
      h("span", { class: "starter-icon" }, icon(symbol, 18)),
      h("b", {}, title),
      h("small", {}, words),
    );
  return h(
    "div",
    { class: "starters" },
    starter(
      "upload",
      "Share a file",
      "Drop your own on this window, or pick a sample.",
      () => composer.attachMenu(composer.attach),
      "start-file",
    ),
    command
      ? starter(
          "sparkles",
          `Type ${command}`,
          `Ask ${appName()} what it can do.`,
          () => composer.insert(`${command} help`, true),
          "start-command",
        )
      : null,
    starter(
      "users",
      "Be somebody else",
      "Ask as one person, approve as another.",
      () => emit("choose-user"),
      "start-switch",
    ),
  );
}
