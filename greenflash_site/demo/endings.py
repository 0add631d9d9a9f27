"""How conversations end when the matter itself is done, and what else people ask while they are there; read by story.py."""
# ruff: noqa: RUF001  # full-width punctuation is right in Japanese

from greenflash_site.demo.script import Mood, Step, bot, final, hours_later, tool, user

# By product, language and mood; where there is nothing the conversation just stops.
ENDINGS: dict[tuple[str, str, Mood], tuple[Step, ...]] = {
    ("support", "en", "pleased"): (
        user(
            "Thanks a lot!",
            "Perfect, thank you 🙏",
            "That's all, thanks",
            "Great, thanks for the quick help.",
            "Awesome, cheers",
            "Thank you! Have a nice day.",
            "ty",
            "You're a star. Thanks!",
            "Very helpful, thank you.",
        ),
        bot(
            "You're welcome, «first»! Have a great day.",
            "Happy to help!",
            "Any time. 👋",
            "My pleasure. Good luck with everything at «company»!",
            "You're welcome! If anything else comes up, I'm here.",
        ),
    ),
    ("support", "en", "neutral"): (
        user(
            "OK.",
            "Alright, thanks.",
            "Thanks, I'll wait then.",
            "ok thank you",
            "Understood. Thanks.",
            "Good, I'll check.",
            "Let's see.",
        ),
        bot(
            "Is there anything else I can do for you?",
            "Thank you for your patience, «first».",
            "You're welcome. Just reply here if something is still off.",
        ),
    ),
    ("support", "en", "upset"): (
        user(
            "Whatever.",
            "This took far too long.",
            "I'm really disappointed.",
            "Unbelievable.",
            "I'll tell my boss we should look for something else.",
            "Please just make it work.",
            "Thanks for nothing.",
            "We'll see.",
        ),
        bot(
            "I understand, and I'm sorry for the trouble.",
            "I'm sorry, «first». I've written down everything for the colleague who takes over.",
            "You deserve better than this, and I've passed it on as it is.",
        ),
    ),
    ("support", "de", "pleased"): (
        user("Vielen Dank!", "Perfekt, danke schön.", "Danke, das war's 😊"),
        bot("Sehr gern! Einen schönen Tag noch.", "Gern geschehen, «first»!"),
    ),
    ("support", "de", "neutral"): (
        user("In Ordnung.", "Ok, danke.", "Gut, ich warte ab."),
        bot("Danke für Ihre Geduld.", "Melden Sie sich gern wieder."),
    ),
    ("support", "de", "upset"): (
        user("Das ist wirklich enttäuschend.", "So geht das nicht.", "Na hoffentlich."),
        bot("Ich verstehe Ihren Ärger und habe alles weitergegeben."),
    ),
    ("support", "es", "pleased"): (
        user("¡Muchas gracias!", "Perfecto, mil gracias 😊"),
        bot("¡A usted! Que tenga un buen día.", "¡Un placer!"),
    ),
    ("support", "es", "upset"): (
        user("Espero que esta vez sea verdad.", "Qué mal servicio, de verdad."),
        bot("Entiendo su malestar y lo he dejado anotado en el caso."),
    ),
    ("support", "pt", "pleased"): (
        user("Muito obrigado!", "Valeu, ajudou demais 🙏"),
        bot("Imagina! Bom trabalho por aí.", "De nada, «first»!"),
    ),
    ("support", "pt", "upset"): (
        user("Vou aguardar, mas estou decepcionada.", "Péssimo atendimento."),
        bot("Entendo, e peço desculpas mais uma vez."),
    ),
    ("support", "ja", "pleased"): (
        user("ありがとうございました。", "大変助かりました！"),
        bot("またのお問い合わせをお待ちしております。"),
    ),
    ("support", "ja", "neutral"): (
        user("承知しました。", "よろしくお願いします。"),
        bot("ご協力ありがとうございます。"),
    ),
    ("support", "ar", "pleased"): (
        user("شكراً لكم.", "ممتاز، شكراً جزيلاً 🌷"),
        bot("على الرحب والسعة!", "العفو، يومك سعيد."),
    ),
    ("support", "ar", "upset"): (
        user("الخدمة سيئة للأسف.", "أتمنى ألا يتكرر ذلك."),
        bot("نعتذر مرة أخرى، وملاحظتك وصلت."),
    ),
    ("coding", "en", "pleased"): (
        user(
            "Nice, merged.",
            "LGTM, thanks!",
            "perfect 🚀",
            "Works on staging too. Thank you!",
            "Great, ship it.",
            "That's exactly what I had in mind.",
            "wow ok, that was fast",
            "Thanks. Cleaner than what I would have written.",
        ),
        final(
            "Glad it works. The branch is `«branch»`, nothing else is uncommitted.",
            "👍",
            "Happy to help. There's one follow-up I noted in the PR description, nothing urgent.",
            "Great! CI was green when I last looked.",
        ),
    ),
    ("coding", "en", "neutral"): (
        user(
            "ok, I'll take it from here",
            "Hm. Let me look at it myself.",
            "Leave it like this for today.",
            "Please push what you have.",
            "ok thanks",
        ),
        final(
            "Everything is on `«branch»`, last commit `«commit»`.",
            "Sure. I left a note with what I tried in the PR description.",
            "Understood, I stopped here. The working tree is clean.",
        ),
    ),
    ("coding", "en", "upset"): (
        user(
            "This is making it worse. Revert everything.",
            "Stop. Just stop.",
            "I could have done this in 5 minutes by hand.",
            "You keep fixing the test instead of the code.",
            "forget it, I'm rolling back",
            "Why did you touch files I never mentioned?",
        ),
        tool("shell", {"command": "git restore . && git status --short"}, {"exitCode": 0, "stdout": ""}),
        final(
            "Reverted. The working tree is back at `«commit»`. I'm sorry for the lost time.",
            "I've undone all my changes. If you want to try again, a failing test that shows the right behaviour would help me most.",
        ),
    ),
}

# One more thing, after a support matter went well.
ASIDES: tuple[tuple[Step, ...], ...] = (
    (
        user("One more thing: can invoices come in another language?", "Oh and, can I get the invoices in French?"),
        bot("Yes, under *Settings → Billing → Language*. It applies to new invoices; for old ones press *Reissue*."),
    ),
    (
        user("While you're here: what are your opening hours on the phone?", "When can I reach someone by phone btw?"),
        bot("Monday to Friday, **8:00 to 18:00** in your time zone, and Saturdays until 13:00."),
    ),
    (
        user(
            "Also, how do I change the logo on receipts?",
            "By the way, our logo on the receipt is blurry. Which size does it need?",
        ),
        bot("*Settings → Receipts → Logo*. Black and white, **384 pixels** wide, PNG."),
    ),
    (
        user("And where do I see what you've shipped this year?", "Is there a list of all our past orders?"),
        tool("list_orders", {"customer": "«company»", "limit": 100}, {"orders": "«small_count»", "export": "csv"}),
        bot(
            "There are «small_count» orders this year; you'll find them under *Orders → All* with an export button at the top right."
        ),
    ),
    (
        user("Different topic: do you recycle old printers?", "Do you take back old devices, by the way?"),
        bot(
            "We do! Every parcel of ours has a return label inside the lid; we repair what we can and recycle the rest. ♻️"
        ),
    ),
    (
        user(
            "Before I go: is there a way to get a daily sales mail?",
            "Last question: can I get yesterday's sales by mail every morning?",
        ),
        bot("*Reports → Sales by day → Schedule*. Pick a time, and up to ten people who get it."),
    ),
    (
        hours_later(5),
        user(
            "Me again. Can I use the same label rolls for the L4?",
            "Back with another question: do L2 rolls fit the L4?",
        ),
        bot("They fit, up to 110 mm wide. The L4 also takes the larger rolls with a 76 mm core."),
    ),
    (
        hours_later(26),
        user(
            "Hi again, is there training for new colleagues?", "New day, new question: is there a video for new staff?"
        ),
        bot(
            "There's a free course of eight short videos at `learn.stockwren.example`, and live sessions every Tuesday."
        ),
    ),
    (
        user(
            "Quick one: what's the app's Wi-Fi range... I mean, does it work in the basement?",
            "Does the app work offline in the basement?",
        ),
        bot(
            "Yes. Counting, selling and receiving all work offline for up to **seven days**; only card payments need a connection."
        ),
    ),
    (
        user(
            "And «colleague» wants to know if there's a referral programme 😄",
            "Do we get anything if we recommend you to another shop?",
        ),
        bot("You do: one month free for both of you. The link is under *Account → Recommend*."),
    ),
)
