"""Runs of the coding agent that find and fix a bug; read by coding.py."""
# ruff: noqa: RUF001  # a multiplication sign between number and thing

from greenflash_site.demo.coding_tools import edit, edit_fails, grep, missing, read, run_tests, shell, write
from greenflash_site.demo.script import Scenario, final, next_day, one_of, thought, user

FIXES = (
    Scenario(
        key="rounding",
        product="coding",
        mood="pleased",
        weight=1.3,
        variants=(
            {
                "module": "billing/totals.py",
                "test": "tests/test_totals.py",
                "func": "line_total",
                "what": "invoice totals",
                "got": "30.15",
                "want": "30.16",
            },
            {
                "module": "shop/pricing.py",
                "test": "tests/test_pricing.py",
                "func": "discounted",
                "what": "discounted prices",
                "got": "17.99",
                "want": "18.00",
            },
            {
                "module": "tax/vat.py",
                "test": "tests/test_vat.py",
                "func": "vat_of",
                "what": "VAT amounts",
                "got": "2.27",
                "want": "2.28",
            },
            {
                "module": "payouts/split.py",
                "test": "tests/test_split.py",
                "func": "share",
                "what": "partner shares",
                "got": "33.33",
                "want": "33.34",
            },
        ),
        steps=(
            user(
                "Our «what» are off by one cent sometimes. Find out why and fix it. The code is in «module».",
                "`«test»` fails since yesterday with «got» instead of «want». Please fix.",
                "«func»() in «module» rounds wrong, customers complain about a missing cent",
                "Issue #«issue»: «what» differ from the till by 0.01. Can you have a look?",
            ),
            thought(
                "One cent off smells like binary floats or banker's rounding. Look at the function first, then reproduce with a test."
            ),
            read(
                "«module»",
                'def «func»(price, quantity, percent=0):\n    """Price of a line in the shop\'s currency."""\n    amount = price * quantity * (1 - percent / 100)\n    return round(amount, 2)\n',
            ),
            run_tests(
                "pytest «test» -q",
                "F....                                              [100%]\n=================== FAILURES ===================\n    def test_half_a_cent_goes_up():\n>       assert «func»(...) == Decimal('«want»')\nE       AssertionError: assert «got» == Decimal('«want»')\n\n«test»:«line»: AssertionError\n1 failed, 4 passed in 0.41s",
                code=1,
            ),
            thought(
                "Confirmed: `round` on a float rounds half to even, and the float is already below the half. Use Decimal and ROUND_HALF_UP, as the till does."
            ),
            grep(
                "«func»(",
                "«module»:1: def «func»(price, quantity, percent=0):",
                "api/orders.py:«line»:     total += «func»(item.price, item.quantity)",
                "reports/daily.py:44:     row.append(«func»(price, n, percent))",
            ),
            edit(
                "«module»",
                "    amount = price * quantity * (1 - percent / 100)\n    return round(amount, 2)\n",
                '    amount = Decimal(price) * quantity * (100 - Decimal(percent)) / 100\n    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)\n',
            ),
            one_of(
                (edit("«module»", "def «func»(", "from decimal import ROUND_HALF_UP, Decimal\n\n\ndef «func»("),),
                (
                    run_tests(
                        "pytest -q",
                        "E   NameError: name 'Decimal' is not defined\n3 failed, «passed» passed in «seconds»s",
                        code=1,
                    ),
                    thought("I forgot the import."),
                    edit("«module»", "def «func»(", "from decimal import ROUND_HALF_UP, Decimal\n\n\ndef «func»("),
                ),
            ),
            run_tests(
                "pytest -q", "............................................ [100%]\n«passed» passed in «seconds»s"
            ),
            final(
                'Fixed. `«func»` computed with floats, and Python\'s `round` takes the even neighbour at exactly half a cent. It now uses `Decimal`:\n\n```python\namount = Decimal(price) * quantity * (100 - Decimal(percent)) / 100\nreturn amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)\n```\n\nAll «passed» tests pass. Two callers (`api/orders.py`, `reports/daily.py`) now get a `Decimal` as well; both only format it.',
                "The cause was float arithmetic in **«module»**: the exact value is just under half a cent, so `round` went down to «got». With `Decimal` and `ROUND_HALF_UP` it's «want», the same as the till. The full suite is green («passed» tests).",
            ),
            one_of(
                (),
                (
                    user("Are stored amounts wrong now too?", "Do we have to correct old invoices?"),
                    shell(
                        'psql -c "select count(*) from invoice_line where total <> round(price * quantity * (100 - percent) / 100, 2)"',
                        " count \n-------\n   «count»\n(1 row)",
                    ),
                    final(
                        "There are **«count» stored lines** that differ by a cent. I didn't touch them: whether issued invoices may be corrected is a decision for accounting. The query is in the PR description."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="webhook-signature",
        product="coding",
        mood="pleased",
        weight=1.2,
        variants=(
            {"path": "src/webhooks/verify.ts", "route": "/webhooks/stockwren", "runner": "vitest"},
            {"path": "server/hooks/signature.ts", "route": "/hooks/stock", "runner": "jest"},
            {"path": "apps/api/src/stockwren/verify.ts", "route": "/integrations/stockwren/events", "runner": "vitest"},
        ),
        steps=(
            user(
                "Every webhook from Stockwren gets 401 from our server. Signature check says invalid. Help?",
                "«route» rejects all events since we added express.json(). Please find out why.",
                "the webhook signature never matches, I've checked the secret ten times",
                "verify() in «path» returns false in production but true in the unit tests.",
            ),
            read(
                "«path»",
                'import { createHmac } from "node:crypto";\n\nexport function verify(req: Request, secret: string): boolean {\n  const expected = createHmac("sha256", secret)\n    .update(JSON.stringify(req.body))\n    .digest("hex");\n  return expected === req.header("X-Stockwren-Signature");\n}\n',
            ),
            thought(
                "It signs `JSON.stringify(req.body)`, not the bytes that arrived. Key order, spacing and non-ASCII escapes can differ. Needs the raw body. Also === is not constant time."
            ),
            grep("express.json", "src/server.ts:14: app.use(express.json());"),
            edit(
                "src/server.ts",
                "app.use(express.json());",
                'app.use("«route»", express.raw({ type: "application/json" }));\napp.use(express.json());',
            ),
            edit(
                "«path»",
                '    .update(JSON.stringify(req.body))\n    .digest("hex");\n  return expected === req.header("X-Stockwren-Signature");',
                '    .update(req.body as Buffer)\n    .digest();\n  const given = Buffer.from(req.header("X-Stockwren-Signature") ?? "", "hex");\n  return given.length === expected.length && timingSafeEqual(given, expected);',
            ),
            run_tests(
                "npx «runner» run webhooks",
                " ✓ webhooks/verify.test.ts (6 tests) «ms»ms\n   ✓ accepts a signed body with umlauts\n   ✓ accepts a body whose keys are not sorted\n   ✓ refuses a changed body\n   ✓ refuses a missing header\n\n Test Files  1 passed (1)\n      Tests  6 passed (6)",
            ),
            final(
                'Found it: the signature is computed over the **bytes that were sent**, but `express.json()` had already parsed them, and `JSON.stringify` doesn\'t give the same bytes back.\n\n```ts\napp.use("«route»", express.raw({ type: "application/json" }));\napp.use(express.json());\n```\n\nI also replaced `===` by `timingSafeEqual`. Six tests cover umlauts, key order, a changed body and a missing header.',
                "The secret was fine. `verify` hashed a re-serialised copy of the body, which differs as soon as a product name has an accent. That's why your unit tests (ASCII only) passed. It now hashes the raw bytes, and `«route»` no longer goes through the JSON parser.",
            ),
            one_of(
                (),
                (
                    user("Do I need to parse the body myself now?", "req.body is a Buffer now in the handler, right?"),
                    final(
                        'Yes, for this one route: `const event = JSON.parse(req.body.toString("utf8"))` **after** `verify` returned true. I\'ve done that in the handler already.'
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="n-plus-one",
        product="coding",
        mood="pleased",
        weight=1.2,
        variants=(
            {"view": "orders/views.py", "model": "Order", "url": "/orders/", "rel": "customer", "many": "lines"},
            {"view": "catalog/api.py", "model": "Product", "url": "/api/products", "rel": "brand", "many": "variants"},
            {
                "view": "warehouse/views.py",
                "model": "Transfer",
                "url": "/transfers/",
                "rel": "origin",
                "many": "parcels",
            },
            {"view": "crm/views.py", "model": "Contact", "url": "/contacts/", "rel": "company", "many": "visits"},
        ),
        steps=(
            user(
                "«url» takes «slow_ms» ms to load for our biggest customer. Make it fast.",
                "Why is «url» so slow? Everything else is fine.",
                "The «model» list does hundreds of queries, can you reduce that? (see #«issue»)",
                "performance problem in «view», please investigate",
            ),
            shell(
                "python manage.py shell -c 'from tools.profile import hit; hit(\"«url»\")'",
                'status 200 in «slow_ms» ms\nqueries: «count» (similar: «count»)\n  SELECT … FROM "«rel»" WHERE "id" = %s   × «count»',
            ),
            read(
                "«view»",
                'def index(request):\n    rows = «model».objects.filter(shop=request.shop).order_by("-created_at")[:200]\n    return render(\n        request,\n        "list.html",\n        {"rows": [(row, row.«rel».name, row.«many».count()) for row in rows]},\n    )\n',
            ),
            thought(
                "Classic N+1: one query per row for `«rel»` and one for `«many».count()`. select_related for the first, an annotated Count for the second."
            ),
            edit(
                "«view»",
                '    rows = «model».objects.filter(shop=request.shop).order_by("-created_at")[:200]\n',
                '    rows = (\n        «model».objects.filter(shop=request.shop)\n        .select_related("«rel»")\n        .annotate(«many»_count=Count("«many»"))\n        .order_by("-created_at")[:200]\n    )\n',
            ),
            one_of(
                (),
                (
                    edit_fails("«view»", "row.«rel».name, row.«many».count()", "row.«rel».name, row.«many»_count"),
                    read(
                        "«view»",
                        '        {"rows": [\n            (row, row.«rel».name, row.«many».count())\n            for row in rows\n        ]},\n',
                    ),
                ),
            ),
            edit("«view»", "row.«many».count()", "row.«many»_count"),
            shell(
                "python manage.py shell -c 'from tools.profile import hit; hit(\"«url»\")'",
                "status 200 in «ms» ms\nqueries: 3",
            ),
            write(
                "tests/test_queries.py",
                'def test_it_lists_in_three_queries(client, django_assert_num_queries, shop):\n    make_rows(shop, 50)\n    with django_assert_num_queries(3):\n        client.get("«url»")\n',
            ),
            run_tests("pytest -q", "«passed» passed in «seconds»s"),
            final(
                "`«url»` went from **«slow_ms» ms and «count» queries to «ms» ms and 3 queries**.\n\n| | before | after |\n|---|---:|---:|\n| queries | «count» | 3 |\n| time | «slow_ms» ms | «ms» ms |\n\nThe template asked for `«rel»` and counted `«many»` once per row. I added a test that fails if the number of queries grows again.",
                "Done. It was an N+1 on `«rel»` plus a COUNT per row. `select_related` and an annotated count bring it down to 3 queries; `tests/test_queries.py` keeps it there.",
            ),
            one_of(
                (),
                (
                    user("What about the detail page, same thing?", "Would an index help as well?"),
                    final(
                        "I looked: at this size the list is already served from the `(shop, created_at)` index, so another one would only cost writes. The detail page runs 7 queries, which is fine."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="pagination-go",
        product="coding",
        mood="pleased",
        variants=(
            {"path": "internal/stockwren/client.go", "kind": "products", "type": "Product"},
            {"path": "pkg/sync/fetch.go", "kind": "orders", "type": "Order"},
            {"path": "cmd/export/pages.go", "kind": "movements", "type": "Movement"},
        ),
        steps=(
            user(
                "Our nightly sync only gets the first 100 «kind». Should be about «big_count».",
                "The Go client loses the last page of «kind» when the count is a multiple of 100.",
                "fetch all «kind», not just one page. code is in «path»",
                "Some «kind» never arrive in our warehouse db. I suspect paging.",
            ),
            read(
                "«path»",
                "func (c *Client) All(ctx context.Context) ([]«type», error) {\n\tvar all []«type»\n\tfor page := 1; ; page++ {\n\t\tgot, err := c.page(ctx, page)\n\t\tif err != nil {\n\t\t\treturn nil, err\n\t\t}\n\t\tall = append(all, got...)\n\t\tif len(got) <= perPage {\n\t\t\treturn all, nil\n\t\t}\n\t}\n}\n",
            ),
            thought(
                "`len(got) <= perPage` is always true, so it stops after page 1. `<` would work but costs an extra request and breaks if the server lowers the page size. The API sends a Link header: follow rel=next."
            ),
            edit(
                "«path»",
                "\t\tif len(got) <= perPage {\n\t\t\treturn all, nil\n\t\t}\n",
                '\t\tif next == "" {\n\t\t\treturn all, nil\n\t\t}\n\t\turl = next\n',
            ),
            run_tests(
                "go test ./...",
                "--- FAIL: TestAll (0.00s)\n    client_test.go:«line»: undefined: next\nFAIL\tintegration/stockwren [build failed]",
                code=1,
            ),
            thought("Of course: page() has to return the next link."),
            edit("«path»", "\t\tgot, err := c.page(ctx, page)\n", "\t\tgot, next, err := c.page(ctx, url)\n"),
            run_tests(
                "go test ./...",
                "ok  \tintegration/stockwren\t0.3«ms»s\nok  \tintegration/stockwren/sync\t0.1«ms»s\n?   \tintegration/cmd\t[no test files]",
            ),
            final(
                'The loop stopped when a page had *at most* 100 entries, which is always. It now follows the `Link: <…>; rel="next"` header, so it also survives a different page size:\n\n```go\ngot, next, err := c.page(ctx, url)\nif err != nil {\n\treturn nil, err\n}\nall = append(all, got...)\nif next == "" {\n\treturn all, nil\n}\nurl = next\n```\n\nA test with 0, 1, 100, 101 and 250 «kind» passes.',
            ),
            one_of(
                (),
                (
                    next_day(),
                    user("The sync ran tonight: «big_count» «kind». 🎉", "Confirmed, numbers match now."),
                    final("Great, thanks for reporting back."),
                ),
            ),
        ),
    ),
    Scenario(
        key="flaky-test",
        product="coding",
        mood="neutral",
        variants=(
            {"test": "cart.test.ts", "name": "expires an abandoned cart", "call": "expireCarts()"},
            {"test": "session.test.ts", "name": "logs out after 30 minutes", "call": "sweepSessions()"},
            {"test": "promo.test.ts", "name": "ends the campaign at midnight", "call": "activeCampaigns()"},
        ),
        steps=(
            user(
                "«test» is flaky, fails about once in ten CI runs. Please make it stable.",
                '"«name»" fails randomly. I\'m tired of pressing re-run.',
                "CI red again because of «test», on «branch» nothing changed there",
            ),
            run_tests(
                "npx vitest run «test» --repeat 30",
                " ✓ «test» (30 × 8 tests)\n 239 passed, 1 failed\n\n FAIL «test» > «name»\n AssertionError: expected [ { id: 7 } ] to deeply equal []",
                code=1,
            ),
            read(
                "tests/«test»",
                'it("«name»", async () => {\n  const before = await seed({ age: LIMIT });\n  await «call»;\n  expect(await remaining()).toEqual([]);\n});\n',
            ),
            thought(
                "`age: LIMIT` is exactly on the boundary and the code uses `>`. Whether it fires depends on whether a millisecond passes between seed and call."
            ),
            one_of(
                (
                    edit(
                        "tests/«test»",
                        "  const before = await seed({ age: LIMIT });\n",
                        '  vi.useFakeTimers({ now: new Date("2025-01-15T10:00:00Z") });\n  await seed({ age: LIMIT });\n  vi.advanceTimersByTime(1);\n',
                    ),
                    run_tests("npx vitest run «test» --repeat 200", " ✓ «test» (200 × 8 tests)\n 1600 passed"),
                    final(
                        'Stable now: 1,600 of 1,600 passed. The test seeded a row that is *exactly* as old as the limit and relied on a millisecond passing before `«call»`. With a fake clock it moves by one millisecond on purpose.\n\n```ts\nvi.useFakeTimers({ now: new Date("2025-01-15T10:00:00Z") });\nawait seed({ age: LIMIT });\nvi.advanceTimersByTime(1);\n```'
                    ),
                ),
                (
                    edit(
                        "tests/«test»",
                        "  await «call»;\n",
                        "  await new Promise((r) => setTimeout(r, 50));\n  await «call»;\n",
                    ),
                    run_tests("npx vitest run «test» --repeat 30", " ✓ «test» (30 × 8 tests)\n 240 passed"),
                    final("I added a short pause before `«call»`, and 240 of 240 runs pass."),
                    user(
                        "A sleep is not a fix.",
                        "No sleeps in tests please, see CONTRIBUTING.md",
                        "and on a slow machine it fails again?",
                    ),
                    read("CONTRIBUTING.md", "## Tests\n\n- No sleeps. Use fake timers.\n- One behaviour per test.\n"),
                    edit(
                        "tests/«test»",
                        "  await new Promise((r) => setTimeout(r, 50));\n",
                        "  vi.advanceTimersByTime(1);\n",
                    ),
                    run_tests("npx vitest run «test» --repeat 200", " ✓ «test» (200 × 8 tests)\n 1600 passed"),
                    final(
                        "You're right. I've replaced the sleep by a fake clock that is moved by one millisecond; 1,600 of 1,600 pass and the test takes no extra time."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="csv-encoding",
        product="coding",
        mood="pleased",
        variants=(
            {"script": "scripts/import_suppliers.py", "char": "ü", "broken": "Ã¼", "source": "the supplier's old ERP"},
            {"script": "jobs/load_prices.py", "char": "é", "broken": "Ã©", "source": "the price list from accounting"},
            {
                "script": "tools/import_stock.py",
                "char": "ñ",
                "broken": "Ã±",
                "source": "the stock file of the second warehouse",
            },
        ),
        steps=(
            user(
                "«script» turns every «char» into «broken». Fix please.",
                "UnicodeDecodeError in «script» with «file», but only with «source».",
                "Import breaks on «file» line «row». Works with yesterday's file.",
                "make the csv import accept whatever «source» sends",
            ),
            shell(
                "file -i data/«file» && head -c 120 data/«file» | xxd | head -3",
                "data/«file»: text/plain; charset=iso-8859-1\n00000000: 736b 753b 6e61 6d65 3b70 7269 6365 0d0a  sku;name;price..",
            ),
            read(
                "«script»",
                'with open(path) as file:\n    for row in csv.DictReader(file):\n        save(row["sku"], row["name"], float(row["price"]))\n',
            ),
            thought(
                "Three assumptions: encoding of the machine, comma as separator, point as decimal separator. The file is Windows-1252 with semicolons. Try UTF-8 strictly first, fall back to cp1252; sniff the delimiter among ; , and tab only."
            ),
            edit(
                "«script»",
                "with open(path) as file:\n    for row in csv.DictReader(file):\n",
                'raw = path.read_bytes()\ntry:\n    text = raw.decode("utf-8-sig")\nexcept UnicodeDecodeError:\n    text = raw.decode("cp1252")\ndialect = csv.Sniffer().sniff(text[:4096], delimiters=";,\\t")\nwith io.StringIO(text, newline="") as file:\n    for row in csv.DictReader(file, dialect=dialect):\n',
            ),
            run_tests(
                "pytest tests/test_import.py -q",
                "E   ValueError: could not convert string to float: '12,90'\n1 failed, 6 passed in 0.22s",
                code=1,
            ),
            edit("«script»", 'float(row["price"])', 'Decimal(row["price"].replace(",", "."))'),
            run_tests("pytest tests/test_import.py -q", "7 passed in 0.19s"),
            shell(
                "python «script» data/«file» --dry-run",
                "read «big_count» rows, 0 refused\nencoding cp1252, delimiter ';'",
            ),
            final(
                "The import now understands «source» as well: UTF-8 first (with or without BOM), otherwise Windows-1252; the separator is detected; decimal commas are fine. A dry run over `«file»` reads **«big_count» rows without errors**.\n\nOne thing to know: a price like `1.299,00` is still refused on purpose, as it can't be told apart from a typo.",
            ),
        ),
    ),
    Scenario(
        key="oversell-race",
        product="coding",
        mood="pleased",
        variants=(
            {
                "path": "app/services/reserve.rb",
                "lang": "ruby",
                "before": "product = Product.find(id)\nraise SoldOut if product.stock < quantity\nproduct.update!(stock: product.stock - quantity)",
                "after": 'taken = Product.where(id: id).where("stock >= ?", quantity)\n               .update_all(["stock = stock - ?", quantity])\nraise SoldOut if taken.zero?',
                "cmd": "bin/rails test test/services/reserve_test.rb",
            },
            {
                "path": "inventory/reserve.py",
                "lang": "python",
                "before": "product = Product.objects.get(id=id)\nif product.stock < quantity:\n    raise SoldOut\nproduct.stock -= quantity\nproduct.save()",
                "after": 'taken = Product.objects.filter(id=id, stock__gte=quantity).update(\n    stock=F("stock") - quantity\n)\nif not taken:\n    raise SoldOut',
                "cmd": "pytest tests/test_reserve.py -q",
            },
            {
                "path": "src/Stock/Reserve.php",
                "lang": "php",
                "before": "$stock = $db->fetchOne('SELECT stock FROM product WHERE id = ?', [$id]);\nif ($stock < $quantity) throw new SoldOut();\n$db->execute('UPDATE product SET stock = ? WHERE id = ?', [$stock - $quantity, $id]);",
                "after": "$taken = $db->execute(\n    'UPDATE product SET stock = stock - ? WHERE id = ? AND stock >= ?',\n    [$quantity, $id, $quantity]\n);\nif ($taken === 0) throw new SoldOut();",
                "cmd": "vendor/bin/phpunit --filter Reserve",
            },
        ),
        steps=(
            user(
                "We oversold «sku» twice this week. Stock went to -«small_count». How can that be?",
                "Stock goes negative under load. Reserve code is in «path».",
                "two customers bought the last piece at the same second, please prevent that",
                "#«issue» race condition when reserving stock",
            ),
            read("«path»", "«before»\n"),
            thought(
                "Read, compare, write in three steps: two requests can both read 1 and both write 0. Do it in one conditional UPDATE and look at the number of rows."
            ),
            write(
                "load/reserve_race.sh",
                "for i in $(seq 1 40); do\n  curl -s -o /dev/null -w '%{http_code}\\n' -X POST localhost:3000/reserve -d id=1 -d quantity=1 &\ndone | sort | uniq -c\nwait\n",
            ),
            shell("bash load/reserve_race.sh", "     17 200\n     23 409\n# stock was 10, is now -7"),
            edit("«path»", "«before»", "«after»"),
            shell("bash load/reserve_race.sh", "     10 200\n     30 409\n# stock was 10, is now 0"),
            run_tests("«cmd»", "OK, «small_count» tests, 0 failures"),
            final(
                "Reproduced and fixed. With 40 parallel buyers for 10 pieces, **17 got one before, exactly 10 do now**.\n\n```«lang»\n«after»\n```\n\nThe check and the change are one statement, so the database decides who was first. The load script is in `load/reserve_race.sh`.",
            ),
            one_of(
                (),
                (
                    user(
                        "Do we also need a lock in the cart?",
                        "Is that safe with several app servers?",
                        "what about a CHECK constraint",
                    ),
                    final(
                        "It's safe with any number of servers, as the row is locked by the `UPDATE` itself. A `CHECK (stock >= 0)` is a good second wall; I've put the migration into a separate commit because it fails while negative rows exist."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="timezone",
        product="coding",
        mood="neutral",
        variants=(
            {
                "path": "app/models/daily_report.rb",
                "zone": "Pacific/Auckland",
                "old": "Date.today",
                "new": "Time.current.in_time_zone(shop.time_zone).to_date",
                "lang": "ruby",
            },
            {
                "path": "reports/daily.py",
                "zone": "America/Halifax",
                "old": "datetime.now().date()",
                "new": "datetime.now(ZoneInfo(shop.time_zone)).date()",
                "lang": "python",
            },
            {
                "path": "src/reports/daily.ts",
                "zone": "Australia/Perth",
                "old": "new Date().toISOString().slice(0, 10)",
                "new": 'new Intl.DateTimeFormat("en-CA", { timeZone: shop.timeZone }).format()',
                "lang": "ts",
            },
        ),
        steps=(
            user(
                "The daily report for shops in «zone» shows yesterday until noon.",
                "Reports are a day off for customers in «zone». Works here in the office of course.",
                "sales after 8 pm land on the wrong day, see «path»",
            ),
            grep("«old»", "«path»:«line»: today = «old»", "jobs/close_day:12: today = «old»"),
            missing("config/timezones.yml"),
            thought(
                "The server's day is used for every shop. The shop has a time_zone column; use that. Second place in jobs/close_day has the same bug."
            ),
            edit("«path»", "«old»", "«new»"),
            edit("jobs/close_day", "«old»", "«new»"),
            run_tests(
                "make test",
                "«passed» tests, 1 failure\n\n  1) a shop without a time zone\n     undefined time zone: nil",
                code=1,
            ),
            thought("Old shops have no time zone. Fall back to UTC as before rather than fail."),
            run_tests("make test", "«passed» tests, 0 failures"),
            final(
                'Both places now take "today" from the shop\'s own time zone:\n\n```«lang»\n«new»\n```\n\nShops without a time zone keep UTC as before. There are tests for «zone» at 23:30 and 00:30 local time. **Not changed:** reports that were already stored; say if you want them recomputed.',
            ),
            one_of(
                (),
                (
                    user("yes recompute the last 30 days", "Please recompute."),
                    shell("make recompute-reports DAYS=30", "recomputed «count» reports, «small_count» differed"),
                    final("Done: «count» reports recomputed, «small_count» of them had a sale on the wrong day."),
                ),
            ),
        ),
    ),
)
