"""Support conversations about using the product: accounts, access and how-to; read by support.py."""
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

APP = (
    Scenario(
        key="password-reset",
        product="support",
        mood="pleased",
        weight=1.3,
        steps=(
            user(
                "I can't log in, the reset mail never arrives.",
                "Forgot my password and the link says expired.",
                "locked out after 5 tries, please help",
                "Password reset for «email» please",
                "It says my account doesn't exist. I used it yesterday!",
            ),
            tool(
                "lookup_user",
                {"email": "«email»"},
                {"email": "«email»", "state": "active", "last_login": "«charge_iso»", "mail_bounced": True},
            ),
            bot(
                "Your account is there and active, but our last mail to **«email»** bounced. Often that's a full mailbox or a strict filter. Could you allow mails from `no-reply@stockwren.example` and tell me when I should send it again?",
                "I found the account. Our reset mails to «email» are being rejected by your mail server. Is there somebody at «company» who can unblock `stockwren.example`?",
            ),
            user(
                "OK try again now",
                "Done, please resend.",
                "Our IT says it should work now",
                "It was in quarantine. Send a new one?",
            ),
            tool("send_password_reset", {"email": "«email»"}, {"status": "delivered"}),
            bot(
                "Sent, and this time it was accepted. The link is valid for one hour and works once.",
                "It's in your mailbox. Please use the newest link, older ones no longer work.",
            ),
        ),
    ),
    Scenario(
        key="lost-phone-2fa",
        product="support",
        mood="neutral",
        steps=(
            user(
                "I have a new phone and can't get past the 6-digit code anymore.",
                "Lost my phone, please turn off two-factor for «email».",
                "The authenticator codes are always wrong since I updated to «phone».",
                "My colleague left and the 2FA of our owner account is on his phone 😬",
            ),
            bot(
                "I can't switch off two-factor from a chat, for your own safety. There are three ways in:\n\n1. one of the **ten recovery codes** from when you set it up,\n2. another **owner** of «company» can reset it under *Settings → Members*,\n3. an **identity check** by our team, which takes about a day.\n\nWhich one works for you?",
            ),
            one_of(
                (
                    user(
                        "I don't have the codes. Who is another owner?",
                        "Option 2, but I don't know who else is an owner.",
                    ),
                    tool("list_owners", {"customer": "«company»"}, {"owners": ["«email»", "«colleague»@«domain»"]}),
                    bot(
                        "For privacy I can't name people, but there is one more owner at «company», and I've just sent them a request. As soon as they confirm you can set up the new phone."
                    ),
                    hours_later(2),
                    user("That worked, thank you", "«colleague» confirmed and I'm in."),
                    bot("Great. Please save the new recovery codes somewhere that isn't your phone 😉"),
                ),
                (
                    user(
                        "Option 3 then.",
                        "Can't you just disable it? I'm in a hurry.",
                        "None of these. So the identity check.",
                    ),
                    tool(
                        "hand_over",
                        {"team": "security", "summary": "2FA reset with identity check"},
                        {"ticket": "«ticket»", "agent": "«agent»"},
                    ),
                    bot(
                        "I've opened **«ticket»**. «agent» from our security team will write to «email» with the steps for the identity check, usually within a working day. I can't shorten that, it protects your account."
                    ),
                ),
                (
                    user("Found the codes in the safe, it works!", "Ha, printed codes in the drawer. I'm in."),
                    bot("Great! Each code works once, so please make new ones under *Account → Security*."),
                ),
            ),
        ),
    ),
    Scenario(
        key="roles",
        product="support",
        mood="pleased",
        steps=(
            user(
                "How can I let «colleague» count stock without seeing purchase prices?",
                "What's the difference between manager and member?",
                "I want my accountant to see reports but nothing else.",
                "Can I limit a colleague to one location?",
                "How do I remove someone who no longer works at «company»?",
            ),
            tool(
                "search_help_center",
                {"query": "roles permissions per location"},
                {
                    "articles": [
                        {"title": "Roles and what they may do", "id": 41, "score": 0.93},
                        {"title": "Limit people to locations", "id": 43, "score": 0.88},
                    ]
                },
            ),
            bot(
                "Go to *Settings → Members*, choose the person and set a role:\n\n| Role | Counts | Prices | Reports | Members |\n|---|---|---|---|---|\n| Counter | ✓ | | | |\n| Member | ✓ | ✓ | | |\n| Analyst | | ✓ | ✓ | |\n| Manager | ✓ | ✓ | ✓ | ✓ |\n\nBelow it you can tick the locations they may see.",
                "That's what **roles** are for, under *Settings → Members*. *Counter* sees quantities only, *Analyst* sees reports only. Each can be limited to locations, and removing somebody keeps their history.",
            ),
            one_of(
                (),
                (
                    user("And does that take effect immediately?", "Do they have to log out first?"),
                    bot("At their next click; nobody has to log out."),
                ),
                (
                    user("I don't see 'Counter' in my list.", "Where's Analyst? I only have three roles."),
                    bot(
                        "*Counter* and *Analyst* come with **Team** and above. On «plan» you can find them after switching on *Detailed roles* at the bottom of that page."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="delete-data",
        product="support",
        mood="neutral",
        weight=0.7,
        steps=(
            user(
                "Please delete all personal data you have about me.",
                "GDPR request: I want a copy of my data.",
                "A customer asked us to delete their data. How do we do that in Stockwren?",
                "How long do you keep our data after we cancel?",
            ),
            tool(
                "search_help_center",
                {"query": "data deletion export privacy request"},
                {"articles": [{"title": "Your data and your rights", "id": 7, "score": 0.97}]},
            ),
            bot(
                "You can do both yourself:\n\n- **Copy:** *Account → Privacy → Export*, ready within an hour\n- **Deletion:** *Account → Privacy → Delete*, final after 14 days\n\nFor a customer of yours open the customer and choose *Erase personal data*; the sales figures stay, the name goes. Shall I start one of these for you?",
            ),
            user(
                "Start the export please",
                "No that's enough, thank you.",
                "And backups?",
                "Does your chat keep what I write here?",
            ),
            bot_fitting(
                "Of course. You'll get a link at «email» when it's ready. It works for seven days and only when you're logged in.",
                "You're welcome. Both can be undone until the 14 days are over.",
                "Backups are overwritten after 35 days, so what you delete is gone everywhere by then.",
                "For 12 months, unless you ask us to remove it. Just write *delete this chat*.",
            ),
        ),
    ),
    Scenario(
        key="suspicious-login",
        product="support",
        mood="neutral",
        weight=0.8,
        steps=(
            user(
                "I got a mail about a login from «city». That wasn't me!",
                "Someone changed the delivery address in our account and it wasn't us.",
                "Is this mail really from you? It asks me to confirm our card number.",
                "we think a former employee still has access",
            ),
            tool(
                "list_sessions",
                {"email": "«email»"},
                {
                    "sessions": [
                        {"city": "«city»", "device": "Windows", "started": "«charge_iso»"},
                        {"city": "unknown", "device": "«phone»", "started": "«charge_iso»"},
                    ]
                },
            ),
            bot(
                "Let's be careful. I see **two open sessions**, one of them on a device with «phone». If you don't know it, I can end all sessions right now; you'd log in again with your password.",
                "Good that you ask. We never ask for card numbers by mail. To be safe I can close every open session of your account now. OK?",
            ),
            user("Yes, end all of them!", "Please do it now", "Yes. And what do I do next?"),
            tool("end_sessions", {"email": "«email»"}, {"ended": 2}),
            bot(
                "Both sessions are closed. Now please:\n\n1. set a **new password** that you use nowhere else,\n2. turn on **two-factor** under *Account → Security*,\n3. look through *Settings → Members* for people you don't know.\n\nOur security team has the details as «ticket» and will write if they find more."
            ),
        ),
    ),
    Scenario(
        key="csv-import",
        product="support",
        mood="pleased",
        weight=1.5,
        steps=(
            user(
                "How do I import my products from Excel?",
                "Import of «file» fails with 'invalid number in row «row»'.",
                "All my umlauts and accents are broken after importing «file».",
                "The import created «count» duplicates instead of updating. How do I undo it?",
                "Which columns does the import need?",
                "I uploaded «file» and nothing happened.",
            ),
            tool(
                "search_help_center",
                {"query": "csv import columns errors"},
                {"articles": [{"title": "Import products from a file", "id": 61, "score": 0.94}]},
            ),
            bot(
                "The import reads **CSV in UTF-8** with these columns:\n\n```csv\nsku,name,price,stock,location\n«sku»,Enamel mug,12.90,48,«store»\n```\n\n- `sku` decides whether a row updates or creates\n- decimals with a point, no currency signs\n- in Excel choose *Save as → CSV UTF-8*",
                "Most failures come from one of three things:\n\n1. a **comma as decimal point** (`12,90`); it has to be `12.90`\n2. the file isn't **UTF-8**\n3. the `sku` column is empty, so every row counts as new\n\nWhich one could it be with «file»?",
            ),
            one_of(
                (
                    user("It was the comma. Now it works!", "UTF-8 was it 🎉", "Works now, «count» products in."),
                    bot(
                        "Perfect! There's also an *Undo* for 24 hours under *Stock → Imports*, in case something looks off."
                    ),
                ),
                (
                    user(
                        "Still the same error in row «row»",
                        "No, none of these. Can you look at the file?",
                        "Row «row» looks totally normal to me",
                    ),
                    tool(
                        "get_import_log",
                        {"file": "«file»"},
                        {"file": "«file»", "row": "«row»", "column": "price", "value": "1.299,00"},
                    ),
                    bot(
                        "I looked at the log: row **«row»** has the price `1.299,00`. Please write it as `1299.00`; a thousands separator isn't understood."
                    ),
                    user("Argh. Thanks, found it", "Ah! That one I typed by hand. OK."),
                    bot(
                        "Happens to everybody once. You can upload the whole file again, rows that are already in are just updated."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="labels",
        product="support",
        mood="pleased",
        weight=1.2,
        steps=(
            user(
                "How do I print barcode labels for only the new products?",
                "My labels come out shifted by a few millimetres.",
                "Which label size fits the L2?",
                "Can I put the price AND the barcode on one small label?",
                "The printer feeds two empty labels after each one.",
            ),
            bot(
                "Sure. In *Stock → Labels*:\n\n1. choose the template (**32 × 57 mm** fits price and barcode)\n2. filter by *Added since …*\n3. press *Print*, and one test label comes out first\n\nIf it's shifted or skips labels, hold the feed button for five seconds: the printer measures the gap again.",
                "Two things to try. Hold the **feed** button for five seconds so that the printer calibrates, then check under *Labels → Template* that the size matches the roll: `57 × 32 mm` is printed on the core of ours.",
            ),
            one_of(
                (
                    user(
                        "Calibrating did it!",
                        "Ha, five seconds of feed button. Works.",
                        "Perfect, exactly what I needed",
                    ),
                    bot("Nice! The printer remembers it until you change the roll size."),
                ),
                (
                    user(
                        "Did that. Still shifted.",
                        "Calibrated twice, no change",
                        "now it prints nothing but a red light",
                    ),
                    tool(
                        "device_status",
                        {"serial": "«serial»"},
                        {"serial": "«serial»", "firmware": "3.1.«small_count»", "latest": "3.2.0", "head": "ok"},
                    ),
                    bot(
                        "Your printer runs firmware 3.1, in which the gap sensor was too sensitive. Please update it: *Devices → «serial» → Update*. It takes four minutes and the light blinks blue meanwhile."
                    ),
                    hours_later(1),
                    user("Updated, prints fine now", "OK that fixed it, thanks"),
                    bot("Great! I'll add your case to the article so that others find it."),
                ),
            ),
        ),
    ),
    Scenario(
        key="connect-shop",
        product="support",
        mood="neutral",
        steps=(
            user(
                "How do I connect our web shop so that stock is the same in both?",
                "Stock in the web shop is «small_count» higher than in Stockwren.",
                "Can I connect two web shops to one stock?",
                "We sold something online that we didn't have anymore. How can that happen?",
            ),
            tool(
                "get_integrations",
                {"customer": "«company»"},
                {
                    "integrations": [
                        {
                            "type": "webshop",
                            "state": "connected",
                            "last_sync": "«minutes» minutes ago",
                            "direction": "orders_only",
                        }
                    ]
                },
            ),
            bot(
                "I see a connected shop, but it's set to **orders only**: sales come in, stock doesn't go out. Switch it to *both ways* under *Settings → Sales channels → Web shop → Direction*.",
                "Your channel is connected and last synced «minutes» minutes ago, in one direction. For the same stock in both places:\n\n1. *Settings → Sales channels*\n2. *Direction → Both ways*\n3. *Sync now*, which overwrites the numbers in the shop\n\nDo this when nobody is ordering.",
            ),
            user(
                "Will that overwrite what we have in the shop?",
                "What happens to open orders?",
                "And how often does it sync then?",
            ),
            bot_fitting(
                "Yes, **Stockwren wins**: the first sync writes our numbers into the shop. You can look at the differences first with *Sync → Preview*.",
                "They stay reserved. Nothing that's already sold becomes available again.",
                "Within a minute of each sale, and every 15 minutes anyway.",
            ),
            one_of(
                (),
                (
                    next_day(),
                    user("Did it last night, numbers match now.", "Synced. Still «small_count» products differ?"),
                    bot(
                        "Good. If a few still differ, they usually have no SKU in the shop; *Sales channels → Unmatched* lists them."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="stock-count",
        product="support",
        mood="pleased",
        steps=(
            user(
                "How do we do the yearly stock count without closing «store»?",
                "Can two people count the same shelf at the same time?",
                "I started a stock count by mistake, can I throw it away?",
                "After the count our stock value dropped by a third. What did we do wrong?",
                "Can I count with my phone instead of the scanner?",
            ),
            bot(
                "You can count while you sell: start a **rolling count** under *Stock → Counts → New*. Sales during the count are added back automatically. Each person counts in their own list, and differences show up side by side before anything is booked.",
                "A count is only a draft until somebody presses *Book*. Until then you can pause, split it between people, or discard it. Phone cameras work too (**«phone»** is fine), a scanner is just faster.",
            ),
            user(
                "And if someone books it too early?",
                "Where do I see the differences?",
                "Nice. Does it work offline? The cellar has no wifi.",
                "How long does it take for «big_count» products?",
            ),
            bot_fitting(
                "A booked count can be reversed for 7 days under *Counts → … → Reverse*.",
                "On the *Review* tab, largest value first.",
                "Yes! The app keeps everything and sends it once it's back online.",
                "From experience one person counts about 400 articles an hour with a scanner, a bit less with a phone. For «big_count» I'd plan two evenings with several people.",
            ),
        ),
    ),
    Scenario(
        key="low-stock-alerts",
        product="support",
        mood="pleased",
        steps=(
            user(
                "Can I get a mail when «sku» drops below «small_count»?",
                "How do I set reorder points for all products at once?",
                "I get 40 low stock mails a day, please make it stop",
                "Can the app order from the supplier automatically when stock is low?",
            ),
            bot_fitting(
                "Yes. Open **«sku»**, set *Reorder at* to «small_count», and tick your name under *Notifications*.",
                "Under *Stock → Reorder points*: select all, *Set from sales*, and choose how many days should be covered. Or use the `reorder_at` column of the import.",
                "Sorry about that! Choose *Daily summary* under *Notifications* and you get a single mail at 7:00.",
                "Nearly: with *Draft purchase orders* switched on, the order is prepared and you only press *Send*. It never orders without a person.",
            ),
            one_of(
                (),
                (
                    user("Only for one location?", "Can «colleague» get these instead of me?"),
                    bot(
                        "Both work: each location has its own reorder point, and *Notifications → Recipients* takes any member."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="scanner-pairing",
        product="support",
        mood="neutral",
        weight=1.2,
        steps=(
            user(
                "My scanner doesn't connect to the tablet anymore.",
                "Scan S1 beeps but nothing appears in the app.",
                "How do I pair the Scan S3 ring scanner with «phone»?",
                "scanner types a y instead of z, what's that",
                "One scanner out of «small_count» won't pair. Serial «serial».",
            ),
            bot(
                "Let's reset it:\n\n1. Hold the trigger for **12 seconds** until it beeps three times.\n2. In the app: *Devices → Add → Scanner*.\n3. Scan the code on the screen.\n\nIf letters are swapped, the keyboard layout is wrong; it's on the same page.",
                "Please check the light first: **blue** is paired, **white** is searching, **red** is a low battery. If it's white, go to *Devices → Add → Scanner* and scan the code shown there.",
            ),
            one_of(
                (user("It's blue now and works 👌", "Works. Was the battery.", "Paired!"), bot("👍 Have a good day!")),
                (
                    user(
                        "It's blinking red and white.",
                        "Held the trigger forever, nothing happens.",
                        "The page says 'no Bluetooth permission'",
                    ),
                    broken_tool(
                        "device_status",
                        {"serial": "«serial»"},
                        {"error": "device_unreachable", "message": "Last seen 6 days ago"},
                    ),
                    bot(
                        "I can't reach the device from here; it was last seen six days ago. Charge it for ten minutes with the cable (not the cradle) and try the twelve seconds again. If it stays like this, it's a warranty case and we swap it."
                    ),
                    hours_later(5),
                    user("Cable did the trick, the cradle contacts were dirty", "Still dead. Please swap it."),
                    bot(
                        "Thanks for the update! I've noted it with the device. Should it happen again, quote **«rma»** and we replace it without further questions."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="api-access",
        product="support",
        mood="neutral",
        weight=0.8,
        steps=(
            user(
                "Where do I find the API key?",
                "Our developer asks for webhook docs. Where are they?",
                "Is there a limit on API calls? We get error 429.",
                "What does 'scope missing: stock.write' mean?",
            ),
            tool(
                "search_help_center",
                {"query": "api key webhooks rate limit"},
                {
                    "articles": [
                        {"title": "API quick start", "id": 201, "score": 0.92},
                        {"title": "Rate limits", "id": 204, "score": 0.83},
                    ]
                },
            ),
            bot_fitting(
                'Under *Settings → Developers*. You create a key there and tick its scopes; it\'s shown only once, so keep it somewhere safe.\n\n```bash\ncurl https://api.stockwren.example/v2/products?limit=10 \\\n  -H "Authorization: Bearer $STOCKWREN_KEY"\n```',
                'They\'re at `developers.stockwren.example/webhooks`. A webhook is added under *Settings → Developers → Webhooks*, and *Send test* shows what arrives:\n\n```json\n{ "event": "stock.changed", "sku": "«sku»", "quantity": «small_count» }\n```',
                "Yes, **120 requests a minute** for each key. Above that you get `429` with a `Retry-After` header in seconds; wait that long and go on.",
                "The key you use may read, but not change stock. Create a new one under *Settings → Developers* and tick `stock.write`; scopes of an existing key can't be changed.",
            ),
            one_of(
                (),
                (
                    user("We need more than 120. Can you raise it?", "Can you raise the limit just for the migration?"),
                    bot(
                        "I can't, but the integrations team can, for up to 14 days. I've asked them on your behalf: **«ticket»**. Tip: `/v2/stock/bulk` takes 500 rows in one call."
                    ),
                ),
            ),
        ),
    ),
)
