// The common emoji names and their characters; a name that is not here stays as text.

const TABLE = `
+1 👍 -1 👎 thumbsup 👍 thumbsdown 👎 100 💯 alarm_clock ⏰ alien 👽 ambulance 🚑 angry 😠 apple 🍎 arrow_down ⬇️ arrow_forward ▶️
arrow_left ⬅️ arrow_right ➡️ arrow_up ⬆️ arrows_counterclockwise 🔄 art 🎨 balance_scale ⚖️ ballot_box_with_check ☑️ bar_chart 📊 beer 🍺 beers 🍻 bell 🔔 no_bell 🔕
blue_book 📘 blush 😊 bomb 💣 book 📖 bookmark 🔖 books 📚 boom 💥 bow 🙇 brain 🧠 bug 🐛 bulb 💡 cake 🍰 calendar 📆 spiral_calendar_pad 🗓️ card_index 📇
card_file_box 🗃️ cat 🐱 chart_with_downwards_trend 📉 chart_with_upwards_trend 📈 chart 💹 checkered_flag 🏁 clap 👏 clipboard 📋 clock1 🕐 clock3 🕒 closed_lock_with_key 🔐 cloud ☁️ coffee ☕
computer 💻 confetti_ball 🎊 construction 🚧 control_knobs 🎛️ credit_card 💳 crossed_fingers 🤞 cry 😢 crystal_ball 🔮 dart 🎯 date 📅 dizzy 💫 dog 🐶 dollar 💵 double_vertical_bar ⏸️ ear 👂 earth_americas 🌎
eyes 👀 exclamation ❗ heavy_exclamation_mark ❗ bangbang ‼️ face_with_monocle 🧐 fast_forward ⏩ file_cabinet 🗄️ file_folder 📁 open_file_folder 📂 fire 🔥 fireworks 🎆 floppy_disk 💾 flying_saucer 🛸 gear ⚙️
gem 💎 ghost 👻 gift 🎁 globe_with_meridians 🌐 green_book 📗 green_heart 💚 grey_question ❔ grin 😁 grinning 😀 hammer 🔨 hammer_and_wrench 🛠️ handshake 🤝 hatching_chick 🐣 hear_no_evil 🙉 heart ❤️ heavy_check_mark ✔️
heavy_minus_sign ➖ heavy_multiplication_x ✖️ heavy_plus_sign ➕ heavy_dollar_sign 💲 hourglass ⌛ hourglass_flowing_sand ⏳ house 🏠 hugging_face 🤗 inbox_tray 📥 information_source ℹ️ joy 😂 key 🔑 keyboard ⌨️ kiss 😘 label 🏷️
large_blue_circle 🔵 large_blue_square 🟦 large_green_circle 🟢 green_circle 🟢 large_green_square 🟩 large_orange_circle 🟠 large_orange_diamond 🔶 large_blue_diamond 🔷 large_purple_circle 🟣 large_red_square 🟥 large_yellow_circle 🟡 large_yellow_square 🟨 laughing 😆 leaves 🍃 link 🔗 lock 🔒 loudspeaker 📢 lower_left_ballpoint_pen 🖊️
mag 🔍 mag_right 🔎 magic_wand 🪄 male-technologist 👨‍💻 mega 📣 memo 📝 pencil 📝 pencil2 ✏️ microscope 🔬 money_with_wings 💸 moneybag 💰 mortar_board 🎓 muscle 💪 negative_squared_cross_mark ❎ neutral_face 😐 new 🆕 newspaper 📰
no_entry ⛔ no_entry_sign 🚫 notebook 📓 octagonal_sign 🛑 ok 🆗 ok_hand 👌 orange_book 📙 outbox_tray 📤 package 📦 page_facing_up 📄 paperclip 📎 partying_face 🥳 party 🥳 pause_button ⏸️ phone ☎️ pill 💊 pizza 🍕
play_or_pause_button ⏯️ point_down 👇 point_left 👈 point_right 👉 point_up ☝️ point_up_2 👆 pray 🙏 purple_heart 💜 pushpin 📌 puzzle_piece 🧩 jigsaw 🧩 question ❓ rabbit 🐰 racehorse 🐎 rainbow 🌈 raised_hand ✋ raised_hands 🙌 receipt 🧾
recycle ♻️ red_circle 🔴 relaxed ☺️ repeat 🔁 robot_face 🤖 robot 🤖 rocket 🚀 rotating_light 🚨 round_pushpin 📍 rowboat 🚣 runner 🏃 satellite 📡 scales ⚖️ scissors ✂️ scream 😱 scroll 📜 seedling 🌱
see_no_evil 🙈 shield 🛡️ shrug 🤷 slightly_frowning_face 🙁 slightly_smiling_face 🙂 simple_smile 🙂 small_blue_diamond 🔹 small_orange_diamond 🔸 small_red_triangle 🔺 smile 😄 smiley 😃 smirk 😏 snail 🐌 snake 🐍 snowflake ❄️ sob 😭 space_invader 👾 sparkles ✨
speak_no_evil 🙊 speech_balloon 💬 left_speech_bubble 🗨️ stack_of_books 📚 star ⭐ star-struck 🤩 star2 🌟 stopwatch ⏱️ straight_ruler 📏 stuck_out_tongue 😛 sun_with_face 🌞 sunglasses 😎 sunny ☀️ sweat_smile 😅 tada 🎉 tea 🍵 telescope 🔭 test_tube 🧪
thermometer 🌡️ thinking_face 🤔 thinking 🤔 thought_balloon 💭 timer_clock ⏲️ toolbox 🧰 tools 🛠️ trophy 🏆 turtle 🐢 unicorn_face 🦄 unlock 🔓 upside_down_face 🙃 v ✌️ wastebasket 🗑️ watch ⌚ wave 👋 waving_hand 👋 weary 😩
white_check_mark ✅ white_circle ⚪ black_circle ⚫ white_large_square ⬜ black_large_square ⬛ black_square_for_stop ⏹️ wink 😉 worried 😟 wrench 🔧 writing_hand ✍️ x ❌ yum 😋 zap ⚡ zzz 💤 zipper_mouth_face 🤐 warning ⚠️ triangular_flag_on_post 🚩
`;

const words = TABLE.trim().split(/\s+/);
export const EMOJI = new Map();
for (let i = 0; i + 1 < words.length; i += 2) EMOJI.set(words[i], words[i + 1]);

/** `:tada:` inside plain text becomes 🎉; unknown names stay. */
export const withEmoji = (text) => text.replace(/:([+\-\w]+):/g, (all, name) => EMOJI.get(name) ?? all);
