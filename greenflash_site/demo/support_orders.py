"""Support conversations about orders on their way: where is it, change it, something is wrong with it; read by support.py."""
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

ORDERS = (
    Scenario(
        key="where-is-my-order",
        product="support",
        mood="pleased",
        weight=2.0,
        steps=(
            user(
                "Where is my order «order»?",
                "Any news on «order»? It was supposed to be here by «promised_day».",
                "I ordered a «item» on «order_day» and haven't heard anything since.",
                "Can you track «order» for me please",
                "Order «order», still says 'packed'. Has it actually left the warehouse?",
                "My tracking link for the «item» doesn't work. Where is it?",
            ),
            tool(
                "lookup_order",
                {"order": "«order»"},
                {
                    "order": "«order»",
                    "placed": "«order_iso»",
                    "status": "in_transit",
                    "items": [{"name": "«item»", "quantity": "«quantity»"}],
                    "carrier": "«carrier»",
                    "tracking": "«tracking»",
                    "expected": "«delivery_iso»",
                },
            ),
            bot(
                "Your order **«order»** is on its way. «carrier» has it and expects to deliver on **«delivery_day»**.\n\n- Contents: «quantity» × «item»\n- Tracking: `«tracking»`\n\nThe tracking page can take a few hours to show the first scan.",
                "Good news, it has left our warehouse. 📦\n\n| | |\n|---|---|\n| Order | «order» |\n| Carrier | «carrier» |\n| Tracking | `«tracking»` |\n| Expected | **«delivery_day»** |\n\nYou don't need to do anything; no signature is required.",
                "I found it: «quantity» × «item», handed to «carrier» and due on **«delivery_day»**. The tracking number is `«tracking»`.",
            ),
            one_of(
                (),
                (
                    user(
                        "Can someone else sign for it? I'm away that day.",
                        "Will they need a signature? Nobody is in the shop before 10.",
                    ),
                    bot(
                        "Yes. Anyone at the address can take it in, «carrier» only asks for a name. If nobody is there they leave a card and try again on the next working day.",
                        "No signature needed for this one. If the door is closed, the driver leaves it with a neighbour or brings it back the next working day.",
                    ),
                ),
                (
                    next_day(),
                    user(
                        "It just arrived, thanks!",
                        "Arrived this morning, all good 👍",
                        "And here it is. Earlier than you said, even.",
                    ),
                    bot(
                        "Lovely, thanks for letting me know! If you'd like help setting up the «item», just ask.",
                        "Great to hear! The quick-start guide is on the inside of the lid. Have a good day, «first».",
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="order-late",
        product="support",
        mood="upset",
        weight=1.5,
        steps=(
            user(
                "Order «order» was promised for «promised_day» and it is still not here. We open the new store on «weekday» and need it.",
                "Still waiting for my «item». It's now «days» days late.",
                "This is the third time I ask. Where is «order»??",
                "Your tracking has said 'arriving today' for «days» days in a row.",
                "«order» is late again, what is going on with «carrier»?",
            ),
            tool(
                "lookup_order",
                {"order": "«order»"},
                {
                    "order": "«order»",
                    "status": "delayed",
                    "carrier": "«carrier»",
                    "last_scan": "«city» depot",
                    "promised": "«order_iso»",
                },
            ),
            bot(
                "I'm sorry, «first». **«order»** is sitting at «carrier»'s depot in «city» and missed its connection. They now expect to deliver on **«delivery_day»**.",
                "You're right to be annoyed: this parcel should have been with you by now. It was last scanned at the «city» depot, and the new date is **«delivery_day»**.",
            ),
            user(
                "That's what the last mail said too. Can you send a replacement by express?",
                "I can't open without it. What can you actually do?",
                "And what if it doesn't come then?",
                "Not good enough. I paid extra for fast shipping!",
            ),
            one_of(
                (
                    tool(
                        "refund_shipping",
                        {"order": "«order»", "reason": "late"},
                        {"refunded": "«shipping»", "status": "ok"},
                    ),
                    bot(
                        "I have refunded the shipping of **«shipping»**, which you'll see in 2 to 3 working days. I can't send a second «item» while the first is still moving, but if it isn't with you by «delivery_day» reply here and I'll ship a replacement by express at no cost.",
                    ),
                ),
                (
                    broken_tool(
                        "create_replacement",
                        {"order": "«order»", "service": "express"},
                        {
                            "error": "parcel_not_lost",
                            "message": "A replacement can be created 5 working days after the promised date.",
                        },
                    ),
                    bot(
                        "I tried to set up an express replacement, but our system only allows that five working days after the promised date. I've handed this to «agent» from the delivery team, who may overrule it. Reference **«ticket»**.",
                    ),
                    user(
                        "So a person will call me?",
                        "When will I hear from them?",
                        "Fine. I hope they are faster than you.",
                    ),
                    bot("«agent» will write to «email» today, usually within «wait» minutes during opening hours."),
                ),
            ),
        ),
    ),
    Scenario(
        key="delivered-not-here",
        product="support",
        mood="neutral",
        steps=(
            user(
                "«carrier» says «order» was delivered yesterday but there is nothing here.",
                "Tracking shows 'delivered, left at reception'. We don't have a reception.",
                "It says my «item» was delivered at «time». I was in the shop all day and nobody came.",
                "Someone called 'K.' signed for our parcel. We have no K. Order «order».",
            ),
            tool(
                "lookup_order",
                {"order": "«order»"},
                {
                    "order": "«order»",
                    "status": "delivered",
                    "address": "«street», «city»",
                    "proof": {"signed_by": "K.", "time": "«time»"},
                },
            ),
            bot(
                "Let me check the address first. We have **«street», «city»** on this order. Is that right?",
                "Odd. The driver recorded a delivery at **«time»** at **«street», «city»**. Is that where you are?",
            ),
            user(
                "Yes that's us",
                "Right street, but we're one house further down.",
                "Correct. Nobody here got it.",
            ),
            tool(
                "open_carrier_trace",
                {"tracking": "«tracking»", "carrier": "«carrier»"},
                {"trace": "opened", "answer_by": "«delivery_iso»"},
            ),
            bot(
                "Thank you. I've asked «carrier» to trace `«tracking»`: they have to show us a photo or GPS position by **«delivery_day»**.\n\nIf they can't, we send you a new «item» at once. You won't pay twice either way.",
            ),
            one_of(
                (),
                (
                    next_day(),
                    user(
                        "Update: the bakery next door had it all along 🙈",
                        "Found it, a neighbour took it in. Sorry for the fuss!",
                    ),
                    bot("Glad it turned up! I've closed the trace with «carrier». No fuss at all."),
                ),
                (
                    next_day(),
                    user("Has «carrier» answered yet?", "Anything from the carrier?"),
                    tool("carrier_trace_status", {"tracking": "«tracking»"}, {"trace": "closed", "result": "no_proof"}),
                    bot(
                        "They answered this morning and have no proof of delivery, so we treat it as lost. A new «item» leaves our warehouse today; expect it on **«delivery_day»**."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="change-address",
        product="support",
        mood="pleased",
        steps=(
            user(
                "I need to change the delivery address of «order» to «street», «city».",
                "Oh no, I sent the order to our old store. Can you redirect «order»?",
                "Can the «item» go to «store» instead of the head office?",
                "wrong address on my order!! please change before it ships",
            ),
            tool(
                "lookup_order",
                {"order": "«order»"},
                {"order": "«order»", "status": "processing", "items": [{"name": "«item»", "quantity": "«quantity»"}]},
            ),
            bot(
                "No problem, **«order»** hasn't been packed yet. Should it go to this address?\n\n> «company»\n> «street»\n> «city»",
                "You're in time. What I would put on the label:\n\n> «company», attn. «first»\n> «street», «city»\n\nShall I save that?",
            ),
            user("Yes please", "Yes, that's right.", "Perfect, yes", "Yes. And put my phone number on it if you can."),
            tool(
                "update_order_address",
                {"order": "«order»", "line1": "«street»", "city": "«city»"},
                {"status": "updated"},
            ),
            bot(
                "Done. **«order»** will go to «street», «city». You'll get a fresh confirmation by mail within a minute.",
                "Saved ✅ The confirmation is on its way to «email».",
            ),
        ),
    ),
    Scenario(
        key="cancel-order",
        product="support",
        mood="neutral",
        steps=(
            user(
                "Please cancel «order», I ordered the wrong model.",
                "Can I still cancel the order I placed an hour ago?",
                "I clicked twice and now have two orders for the same «item». Please cancel one.",
                "Cancel order «order» please, we found the missing scanner in a drawer 😅",
            ),
            one_of(
                (
                    tool(
                        "cancel_order",
                        {"order": "«order»"},
                        {"status": "cancelled", "refund": "«total_amount»", "currency": "«currency»"},
                    ),
                    bot(
                        "**«order»** is cancelled. The «total» goes back to the card ending in «last4»; banks take 2 to 5 working days to show it.",
                        "Cancelled, and nothing will be shipped. You'll see «total» back on the card ending in «last4» within five working days.",
                    ),
                ),
                (
                    broken_tool(
                        "cancel_order", {"order": "«order»"}, {"error": "already_shipped", "tracking": "«tracking»"}
                    ),
                    bot(
                        "I'm afraid I was too late: **«order»** left the warehouse this morning. You have two choices:\n\n1. **Refuse the parcel** at the door and it comes straight back to us.\n2. **Send it back** within 30 days with the free label in the box.\n\nEither way you get the full «total» back.",
                    ),
                    user(
                        "I'll refuse it then.",
                        "Ok, will it cost me anything if I send it back?",
                        "Hm, one hour is really that fast? OK.",
                    ),
                    bot(
                        "That's fine and costs you nothing. The refund starts by itself once the warehouse has scanned the parcel."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="missing-in-parcel",
        product="support",
        mood="neutral",
        steps=(
            user(
                "We got «order» but the «item_b» is missing from the box.",
                "Only one of the two parcels of «order» arrived. No «item_b».",
                "I ordered a «item» and a «item_b», only the first was in the box.",
                "Half of «order» is missing, there is no «item_b» in it.",
            ),
            tool(
                "lookup_order",
                {"order": "«order»", "include": ["parcels"]},
                {
                    "order": "«order»",
                    "parcels": [
                        {"items": ["«item»"], "status": "delivered"},
                        {"items": ["«item_b»"], "status": "in_transit", "expected": "«delivery_iso»"},
                    ],
                },
            ),
            bot(
                "I see two parcels for «order»:\n\n| Parcel | Contents | Status |\n|---|---|---|\n| 1 | «item» | delivered |\n| 2 | «item_b» | on its way, **«delivery_day»** |\n\nThey come from two warehouses, which the confirmation should have said more clearly.",
                "The rest is still on the road: it ships from a second warehouse and should be with you on **«delivery_day»**. Sorry that the mail didn't mention it.",
            ),
            user(
                "Ah ok. Why two warehouses?",
                "Then please say so in the mail next time...",
                "Alright, I'll wait. Thanks",
                "OK but we need both to set up the till.",
            ),
            bot_fitting(
                "Printers and tills ship from one place, scanners and accessories from another. It saves days for most orders, though not for yours.",
                "Fair point. I've passed it on to the team that writes these mails.",
                "Thank you! If it isn't there by «delivery_day», write here and I'll chase it.",
                "You can set up everything but the missing part today: the till starts in *demo mode* and switches over by itself as soon as it finds the rest.",
            ),
        ),
    ),
    Scenario(
        key="damaged",
        product="support",
        mood="neutral",
        weight=1.2,
        steps=(
            user(
                "The «item» arrived with a cracked case.",
                "Box was crushed and the «item» rattles when I shake it. Order «order».",
                "My new «item» doesn't turn on at all. Straight out of the box.",
                "We unpacked «quantity» × «item» and one has a broken display.",
            ),
            bot(
                "I'm sorry about that. Could you send the order number and the serial number from the sticker underneath? A photo helps too, but isn't required.",
                "Oh dear, that shouldn't happen. What's the serial number on the back, and which order was it?",
            ),
            user(
                "Serial is «serial», order «order».",
                "«serial»",
                "S/N «serial» and it's order «order». Photo attached",
                "The sticker says «serial»",
            ),
            tool(
                "check_warranty",
                {"serial": "«serial»"},
                {"serial": "«serial»", "product": "«item»", "covered": True, "until": "2028-06-30"},
            ),
            tool(
                "create_return",
                {"order": "«order»", "serial": "«serial»", "reason": "damaged_on_arrival", "resolution": "replacement"},
                {"rma": "«rma»", "label": "sent", "replacement": "reserved"},
            ),
            bot(
                "Thank you. A new «item» is reserved for you and leaves today.\n\n1. You'll get a return label by mail (reference **«rma»**).\n2. Put the broken one in the new box.\n3. Hand it to the driver or drop it at any «carrier» shop within 14 days.",
                "That's covered. I've ordered a replacement and sent a prepaid label to «email» (reference **«rma»**). Keep using the other devices, nothing else needs to go back.",
            ),
            one_of(
                (),
                (
                    user(
                        "Do I have to wait until you got the old one?", "Is the replacement sent before I return mine?"
                    ),
                    bot("No, we ship first. You have 14 days to send the old one back."),
                ),
            ),
        ),
    ),
    Scenario(
        key="bulk-quote",
        product="support",
        mood="pleased",
        slots={"quantity": (12, 15, 18, 20, 24, 30, 40, 60)},
        steps=(
            user(
                "We are opening «small_count» more stores and need about «quantity» × «item» for each. Is there a volume discount?",
                "Can I get a quote for «quantity» × «item»? Purchasing wants a PDF.",
                "What would «quantity» pieces of the «item» cost, delivered to «city»?",
                "Do you offer discounts if we buy more than 10 of the «item»?",
            ),
            tool(
                "get_price",
                {"item": "«item»", "quantity": "«quantity»"},
                {"unit": "«unit_amount»", "total": "«total_amount»", "currency": "«currency»", "discount_from": 10},
            ),
            bot(
                "Here is today's list price:\n\n| Item | Unit | Quantity | Total |\n|---|---:|---:|---:|\n| «item» | «unit_price» | «quantity» | **«total»** |\n\nFrom 10 pieces on there's a **«discount» % discount**, which sales confirms in writing. Shall I ask them for a PDF quote?",
                "«quantity» × «item» comes to **«total»** at «unit_price» each. From ten pieces you get «discount» % off. I can have a formal quote sent to «email» if you like.",
            ),
            user(
                "Yes please, valid for 30 days if possible",
                "Yes, send me the quote. Billing address is the same.",
                "Please do. We decide by «weekday».",
            ),
            tool(
                "create_quote_request",
                {"item": "«item»", "quantity": "«quantity»", "email": "«email»"},
                {"ticket": "«ticket»", "owner": "«agent»"},
            ),
            bot("Done. **«agent»** from sales will send it to «email» within one working day (reference «ticket»)."),
        ),
    ),
    Scenario(
        key="stock-question",
        product="support",
        mood="pleased",
        steps=(
            user(
                "When will the «item» be back in stock?",
                "Is the «item» available in «city» or only online?",
                "Your site says 'few left' for the «item». How many is few?",
                "Does the «item» work with our older «item_b»?",
            ),
            tool(
                "check_stock",
                {"item": "«item»"},
                {"item": "«item»", "available": "«small_count»", "next_delivery": "«delivery_iso»"},
            ),
            bot_fitting(
                "We have a few right now: **«small_count»** pieces, and more arrive on **«delivery_day»**. Orders placed before 15:00 leave the same day.",
                "We only sell online, so there's no stock in «city» itself. There are **«small_count»** in the warehouse, and delivery takes one to two days.",
                "**«small_count»** as of this minute 🙂 The next delivery is due on «delivery_day».",
                "Yes, it does. Everything from 2021 on works together; the «item_b» may ask for an update once. We have **«small_count»** in stock.",
            ),
            one_of(
                (),
                (
                    user("Great, can you put one aside for me?", "Can you reserve it until «weekday»?"),
                    bot("I can't reserve stock, but you can order now and cancel free of charge until it ships."),
                    hours_later(3),
                    user("Ordered!", "OK, done: «order»"),
                ),
            ),
        ),
    ),
    Scenario(
        key="wrong-item",
        product="support",
        mood="upset",
        steps=(
            user(
                "I ordered a «item» and got a «item_b».",
                "You sent the wrong thing. Order «order» was for «quantity» × «item».",
                "This is not what I ordered!! I need the «item», not a «item_b»",
                "Got somebody else's parcel: the label is ours, the packing slip inside says another company.",
            ),
            tool(
                "lookup_order",
                {"order": "«order»"},
                {"order": "«order»", "status": "delivered", "items": [{"name": "«item»", "quantity": "«quantity»"}]},
            ),
            bot(
                "You're right, your order says **«item»** and nothing else. That is our mistake, and I'm sorry. I'd send the right one today and a label for the wrong one. OK?",
                "That's clearly our packing mistake. Shall I send the «item» by express today, at our cost?",
            ),
            user(
                "Yes, but I'm not driving to a parcel shop for your mistake.",
                "Please. And somebody should pick the wrong one up.",
                "Do that. We have a line of customers here and no «item».",
            ),
            one_of(
                (
                    tool(
                        "create_return",
                        {"order": "«order»", "reason": "wrong_item", "pickup": True},
                        {"rma": "«rma»", "pickup": "«delivery_iso»"},
                    ),
                    bot(
                        "Of course. «carrier» collects the wrong item on **«delivery_day»** when they bring the right one; just have it ready at the door (reference «rma»)."
                    ),
                ),
                (
                    broken_tool(
                        "create_return",
                        {"order": "«order»", "reason": "wrong_item", "pickup": True},
                        {"error": "pickup_unavailable", "message": "No pickup service for this postcode"},
                    ),
                    bot(
                        "There's no pickup service in your area, I'm sorry. I've added a credit of **«credit»** for the trip and kept the parcel-shop label open for 60 days, so there's no hurry (reference «rma»)."
                    ),
                ),
            ),
        ),
    ),
)
