"""Support conversations about money: refunds, returns, invoices, plans and cards; read by support.py."""
# ruff: noqa: RUF001  # a multiplication sign between number and thing

from greenflash_site.demo.script import (
    Scenario,
    bot,
    bot_fitting,
    broken_tool,
    hours_later,
    next_day,
    one_of,
    tool,
    user,
)

MONEY = (
    Scenario(
        key="refund-status",
        product="support",
        mood="neutral",
        weight=1.6,
        steps=(
            user(
                "When do I get my money back for «order»?",
                "I sent the «item» back two weeks ago, still no refund.",
                "Return «rma»: what's the status?",
                "Still no refund for «order» on my card ending in «last4».",
                "You confirmed my return on «order_day». Where is the money?",
            ),
            tool(
                "lookup_return",
                {"order": "«order»"},
                {
                    "rma": "«rma»",
                    "status": "received",
                    "inspected": "«charge_iso»",
                    "refund": {"amount": "«unit_amount»", "currency": "«currency»", "status": "pending"},
                },
            ),
            one_of(
                (
                    bot(
                        "Your return arrived and passed the check, but the refund was still waiting for approval. I can release it now. It's **«unit_price»** to the card ending in «last4». Shall I?"
                    ),
                    user("Yes please!", "Yes, do it.", "Please. Why does it need someone to ask for it?"),
                    tool(
                        "issue_refund",
                        {"rma": "«rma»", "amount": "«unit_amount»"},
                        {"refund": "issued", "arrives_in_days": 3},
                    ),
                    bot(
                        "Released ✅ You should see **«unit_price»** in about three working days. Sorry that it needed your nudge."
                    ),
                ),
                (
                    bot(
                        "The parcel was checked in on our side and the refund of **«unit_price»** is being processed. Banks usually show it within 3 to 5 working days; nothing more is needed from you."
                    ),
                    user("And the shipping costs?", "Does that include the «shipping» shipping?"),
                    bot(
                        "If you return the whole order, yes: the «shipping» is part of the refund. If you keep something, shipping stays with the order."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="refund-fails",
        product="support",
        mood="upset",
        steps=(
            user(
                "I want my money back for the «item». It never worked properly.",
                "Refund for «order» please. I've already sent it back.",
                "I returned the «item» in person and the clerk said the refund would be instant. It isn't.",
            ),
            tool(
                "lookup_order",
                {"order": "«order»"},
                {
                    "order": "«order»",
                    "paid_with": "card",
                    "last4": "«last4»",
                    "total": "«unit_amount»",
                    "currency": "«currency»",
                },
            ),
            bot(
                "I see the return of your «item» from «order». I'll start the refund of **«unit_price»** to the card ending in «last4»."
            ),
            broken_tool(
                "issue_refund",
                {"order": "«order»", "amount": "«unit_amount»"},
                {"error": "card_expired", "message": "The issuing bank rejected the refund: account closed"},
            ),
            broken_tool(
                "issue_refund",
                {"order": "«order»", "amount": "«unit_amount»", "retry": True},
                {"error": "duplicate_request", "message": "A refund attempt is already on record"},
            ),
            bot(
                "The bank has rejected the refund because that card is closed. I could not try a second time. Do you have a bank account we can use instead?",
                "That didn't work: the card ending in «last4» no longer accepts refunds. Somebody from our finance team has to send it another way.",
            ),
            user(
                "Not my problem. You took the money, you give it back.",
                "I'm not typing my bank account into a chat.",
                "Are you serious? This is the second time.",
                "Let me talk to a human.",
            ),
            tool(
                "hand_over",
                {"team": "finance", "summary": "Refund of «order» rejected, card closed"},
                {"ticket": "«ticket»", "agent": "«agent»"},
            ),
            bot(
                "Understood, and you shouldn't share account details here. I've handed everything to **«agent»** in finance (reference «ticket»), who will send you a secure form today."
            ),
        ),
    ),
    Scenario(
        key="return-policy",
        product="support",
        mood="pleased",
        steps=(
            user(
                "How long can I return something?",
                "Can I send back the «item» if the box is already open?",
                "What's your return policy for business customers?",
                "We bought «quantity» × «item» but only need some of them. Can the rest go back?",
            ),
            tool(
                "search_help_center",
                {"query": "return policy opened box"},
                {
                    "articles": [
                        {"title": "Returns and exchanges", "id": 114, "score": 0.91},
                        {"title": "Warranty", "id": 97, "score": 0.64},
                    ]
                },
            ),
            bot(
                "You can return anything within **30 days** of delivery:\n\n- opened boxes are fine, as long as everything is in them\n- label rolls and shelf tags only unopened\n- shipping back is free, the label is in the box\n\nYou start a return under *Orders → Return items*.",
                "Yes. 30 days from delivery, and an opened box is no problem. Consumables such as label rolls have to be sealed. Go to *Orders*, choose the order and *Return items*; the label comes by mail.",
            ),
            one_of(
                (),
                (
                    user("And after 30 days?", "What if it breaks after that?"),
                    bot(
                        "After that the **two-year warranty** applies: we repair or replace what's faulty, but can't take back what works."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="charged-twice",
        product="support",
        mood="neutral",
        weight=1.4,
        steps=(
            user(
                "I was charged twice this month.",
                "There are two charges of «plan_price» on my statement. Why?",
                "Why did you take «double_price» instead of «plan_price»?",
                "Two identical invoices, «invoice» and one more. Please explain.",
                "double charge on card ending «last4», please refund one",
            ),
            tool(
                "list_charges",
                {"customer": "«email»", "since": "«charge_iso»"},
                {
                    "charges": [
                        {"invoice": "«invoice»", "amount": "«plan_amount»", "status": "succeeded"},
                        {"invoice": "«invoice»", "amount": "«plan_amount»", "status": "authorized"},
                    ]
                },
            ),
            bot(
                "I see one **completed** charge of «plan_price» for invoice «invoice» and one **authorization** of the same amount that was never collected. The second disappears from your statement by itself in 3 to 7 days.",
                "Only one of the two is real. The other is a reservation from a first attempt that timed out:\n\n| Charge | Amount | State |\n|---|---:|---|\n| 1 | «plan_price» | paid |\n| 2 | «plan_price» | reserved, will be released |",
            ),
            one_of(
                (
                    user("My bank shows both as booked though.", "No, both are booked. I'm looking at it right now."),
                    tool(
                        "issue_refund",
                        {"invoice": "«invoice»", "amount": "«plan_amount»", "reason": "duplicate"},
                        {"refund": "issued"},
                    ),
                    bot(
                        "To be on the safe side I've refunded the second charge now. If the bank releases it as well, we settle that on the next invoice. A confirmation is on its way to «email»."
                    ),
                ),
                (
                    user(
                        "OK, and if it's still there next week?",
                        "Can you send me something in writing for my accountant?",
                        "Ah, makes sense. Thanks",
                    ),
                    bot_fitting(
                        "If it's still there after seven days, reply here with a screenshot and we'll refund it the same day.",
                        "Of course. A statement with both entries and their state is on its way to «email».",
                        "You're welcome. If it's still there in a week, just reply here.",
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="more-seats",
        product="support",
        mood="pleased",
        steps=(
            user(
                "How do I add more seats? We have «seats» and need «more_seats».",
                "We're hiring for the season and need «more_seats» seats until January. Possible?",
                "What does an extra seat cost on «plan»?",
                "I can't invite a new colleague, it says 'no seats left'.",
            ),
            tool(
                "get_subscription",
                {"customer": "«company»"},
                {"plan": "«plan»", "seats": "«seats»", "renews": "«renewal_day»"},
            ),
            bot(
                "You're on **«plan»** with «seats» seats. Extra seats can be added any time and are charged by the day until your renewal on «renewal_day». Shall I raise it to **«more_seats»**?",
                "Right now it's «seats» seats on **«plan»**. I can set it to «more_seats»; you pay only for the days left until «renewal_day».",
            ),
            user("Yes please", "Yes, «more_seats».", "Go ahead.", "And can we go back down later?"),
            tool(
                "update_seats",
                {"customer": "«company»", "seats": "«more_seats»"},
                {"seats": "«more_seats»", "status": "active"},
            ),
            bot(
                "Done: «company» now has **«more_seats» seats**. You can lower the number again under *Settings → Plan*; it takes effect at the next renewal."
            ),
        ),
    ),
    Scenario(
        key="cancel-subscription",
        product="support",
        mood="neutral",
        weight=1.2,
        steps=(
            user(
                "How do I cancel my subscription?",
                "I want to cancel «plan» at the end of the month.",
                "We're closing «store», please cancel our account.",
                "Where is the cancel button? I can't find it anywhere.",
                "Please downgrade us from «plan», it's getting too expensive.",
            ),
            tool(
                "get_subscription",
                {"customer": "«company»"},
                {"plan": "«plan»", "seats": "«seats»", "renews": "«renewal_day»", "price": "«plan_amount»"},
            ),
            bot(
                "You can cancel under *Settings → Plan → Cancel*; it runs until **«renewal_day»** and your data stays readable for 90 days after that. May I ask what made you decide?",
                "I can do that for you. Your **«plan»** plan is paid until «renewal_day», after which nothing more is charged. Is there something we could have done better?",
            ),
            one_of(
                (
                    user(
                        "Too expensive for what we use",
                        "The price went up twice in a year.",
                        "We only use stock counts, not the rest.",
                    ),
                    bot(
                        "That's understandable. From what I see you use the stock counts and one till, which the **Light** plan covers. Would you like to move there instead of leaving?"
                    ),
                    user("What would be missing?", "Hm. What's the difference?"),
                    bot(
                        "| | Light | «plan» |\n|---|---|---|\n| Locations | 1 | unlimited |\n| Stock counts | ✓ | ✓ |\n| Purchase orders | 20 / month | unlimited |\n| API | read only | read and write |\n\nYou can switch back at any time."
                    ),
                    user("OK let's do that.", "Let me think about it.", "No, please just cancel."),
                    bot(
                        "Alright! You decide under *Settings → Plan*; both options are on that page, and nothing changes before «renewal_day»."
                    ),
                ),
                (
                    user(
                        "We're moving to another system.",
                        "Closing the shop, sadly.",
                        "It doesn't work with our web shop.",
                    ),
                    tool(
                        "cancel_subscription",
                        {"customer": "«company»", "at": "period_end"},
                        {"status": "ends", "on": "«renewal_day»"},
                    ),
                    bot(
                        "Thank you for telling me. The subscription ends on **«renewal_day»**. You can export everything as CSV under *Settings → Export* until 90 days after that. All the best, «first»!"
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="vat-invoice",
        product="support",
        mood="pleased",
        steps=(
            user(
                "Our VAT number is missing on invoice «invoice».",
                "Please send me the invoice for «order» with our company address on it.",
                "Can the invoices go to accounting@«domain» instead of me?",
                "Invoice «invoice» has the wrong company name. We're called «company».",
            ),
            tool(
                "get_invoice",
                {"invoice": "«invoice»"},
                {"invoice": "«invoice»", "bill_to": "«company»", "vat_id": None, "total": "«plan_amount»"},
            ),
            bot(
                "You can fill in company name, VAT number and a separate billing mail under *Settings → Billing details*. As soon as that's saved I can reissue **«invoice»** for you.",
                "I can reissue **«invoice»** once the billing details are complete. They're under *Settings → Billing details*; tell me when you've saved them.",
            ),
            hours_later(0.4),
            user("Saved!", "Done, please send again.", "I've entered everything now.", "ok it's in there"),
            tool(
                "reissue_invoice",
                {"invoice": "«invoice»"},
                {"invoice": "«invoice»", "version": 2, "sent_to": "«email»"},
            ),
            bot(
                "Here you go: a corrected **«invoice»** is in your mailbox, and later ones will carry the new details too."
            ),
        ),
    ),
    Scenario(
        key="card-declined",
        product="support",
        mood="neutral",
        steps=(
            user(
                "My card keeps being declined but there's enough money on it.",
                "Payment failed, and now the app is read only?!",
                "Your mail says our account will be paused on «renewal_day». We changed the card last week.",
            ),
            tool(
                "get_payment_status",
                {"customer": "«company»"},
                {
                    "last_attempt": "«charge_iso»",
                    "result": "declined",
                    "code": "authentication_required",
                    "card": "«last4»",
                },
            ),
            bot(
                "The bank declined the card ending in **«last4»** because it wants you to confirm the payment (3-D Secure). Open *Settings → Billing → Pay now*, and your bank's app will ask you.",
                "It isn't about money: the bank asked for a confirmation that never came. Please go to *Settings → Billing*, choose *Pay now* and confirm in your banking app.",
            ),
            one_of(
                (
                    user("It says 'session expired'", "Nothing happens when I click Pay now."),
                    bot(
                        "Then let's go around it: I've just mailed you a payment link that's good for 24 hours and works in any browser. The account stays open meanwhile."
                    ),
                    next_day(),
                    user("Sorted. Bank had blocked foreign payments.", "Paid with the link."),
                    bot("Perfect, I see the payment of «plan_price». Everything is active."),
                ),
                (
                    user("Worked, thanks!", "Ah there it is. Done."),
                    bot("Perfect, the payment of **«plan_price»** just came in."),
                ),
                (
                    user("Can I pay by bank transfer instead?", "We'd rather pay by invoice. Possible?"),
                    bot(
                        "For yearly plans yes, monthly ones are by card only. I've extended your access by seven days, so that you can decide without hurry."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="plan-advice",
        product="support",
        mood="pleased",
        steps=(
            user(
                "Which plan do I need for «small_count» locations?",
                "What's the difference between Team and Business?",
                "Do you have a yearly discount?",
                "We're thinking about switching to you from spreadsheets. How much would it be for «seats» people?",
            ),
            tool(
                "search_help_center",
                {"query": "compare plans pricing"},
                {"articles": [{"title": "Which plan fits?", "id": 12, "score": 0.95}]},
            ),
            bot(
                "A short comparison:\n\n| Plan | Locations | People | API |\n|---|---:|---:|---|\n| Starter | 1 | 3 | read |\n| Team | 5 | 15 | read, write |\n| Business | 50 | unlimited | read, write, webhooks |\n\nPaid yearly, every plan is two months cheaper. How many locations do you have?",
            ),
            user("Just the one, but two tills", "«small_count», plus a warehouse", "One shop, and we sell online too"),
            bot(
                "Then **Team** fits best: it counts warehouses and web shops as locations, and you can try it for 30 days without a card.",
                "I'd start with **Team**. You can move up or down every month, so nothing is lost if it turns out too small.",
            ),
        ),
    ),
)
