"""Runs of the coding agent that build, extend or explain something; read by coding.py."""

from greenflash_site.demo.coding_tools import edit, grep, missing, read, run_tests, shell, shell_fails, write
from greenflash_site.demo.script import Scenario, final, final_fitting, hours_later, next_day, one_of, thought, user

# The long run: one edit for each of these places, so that the transcript and the trace have something to scroll.
_PLACES = (
    "models/stock",
    "models/order",
    "models/transfer",
    "api/stock",
    "api/orders",
    "api/schema",
    "views/list",
    "views/detail",
    "views/print",
    "jobs/nightly",
    "jobs/close_day",
    "jobs/reorder",
    "reports/daily",
    "reports/value",
    "admin/stock",
    "mail/low_stock",
    "export/csv",
    "export/pdf",
    "import/csv",
    "import/check",
    "search/index",
    "cli/commands",
)

FEATURES = (
    Scenario(
        key="rename-everywhere",
        product="coding",
        mood="pleased",
        weight=0.8,
        variants=(
            {"old": "qty", "new": "quantity"},
            {"old": "article", "new": "product"},
            {"old": "warehouse", "new": "location"},
            {"old": "client", "new": "customer"},
        ),
        steps=(
            user(
                "Rename «old» to «new» in the whole code base, database columns stay as they are.",
                "We say «new» everywhere in the product but the code says «old». Please unify, file by file.",
                "big one: «old» -> «new» in all modules. Run the tests as you go.",
            ),
            thought(
                "A search and replace would also hit column names, JSON keys of the public API and words that merely contain `«old»`. Go file by file and look."
            ),
            grep(r"\b«old»\b", *(f"{place}:«line»: «old»" for place in _PLACES)),
            *(
                step
                for number, place in enumerate(_PLACES, start=1)
                for step in (
                    read(place, f"# {place}\n«old» = row.«old»\n"),
                    edit(place, "«old» =", "«new» ="),
                    *((run_tests("make test", "«passed» passed in «seconds»s"),) if number % 6 == 0 else ()),
                )
            ),
            run_tests(
                "make test", 'FAIL  api/schema: the public field "«old»" is missing\n1 failed, «passed» passed', code=1
            ),
            thought("As feared: the public API promises `«old»`. Keep the name on the wire, rename inside."),
            edit("api/schema", "«new»:", '«new»: Annotated[..., alias("«old»")]'),
            run_tests("make test lint", "«passed» passed in «seconds»s, lint clean"),
            final(
                f"`«old»` is now `«new»` in **{len(_PLACES)} files**.\n\n- database columns are untouched, as you asked\n- the **public API still says `«old»`**: a test reminded me that customers rely on it\n- the tests ran after every sixth file, so each commit is green",
            ),
            one_of(
                (),
                (
                    user("Can I review that commit by commit?", "How many commits is it?"),
                    final("Four commits on `«branch»`, one for each layer: models, API, views and jobs, the rest."),
                ),
            ),
        ),
    ),
    Scenario(
        key="retry-backoff",
        product="coding",
        mood="pleased",
        variants=(
            {"path": "src/stockwren/client.ts", "call": "getStock"},
            {"path": "packages/sync/src/http.ts", "call": "pushOrders"},
            {"path": "lib/api.ts", "call": "listProducts"},
        ),
        steps=(
            user(
                "We get 429 from the Stockwren API during the nightly sync. Add retries to «path».",
                "Please make `«call»` wait and retry when we hit the rate limit.",
                "add exponential backoff to «path», respect Retry-After",
                "sync dies with 'Too Many Requests' after about «count» products",
            ),
            read(
                "«path»",
                "export async function «call»(path: string): Promise<unknown> {\n  const response = await fetch(BASE + path, { headers });\n  if (!response.ok) throw new Error(`HTTP ${response.status}`);\n  return response.json();\n}\n",
            ),
            grep("p-retry|backoff|retry", 'package.json:«line»:     "p-limit": "6.2.0",'),
            thought(
                "No retry library yet, and 20 lines don't need one. Retry 429 and 503 and connection errors; never other 4xx. Honour Retry-After, else 0.5 s doubling with jitter, five attempts."
            ),
            edit(
                "«path»",
                "  const response = await fetch(BASE + path, { headers });\n",
                "  const response = await withRetry(() => fetch(BASE + path, { headers }));\n",
            ),
            write(
                "src/retry.ts",
                'export async function withRetry(attempt: () => Promise<Response>): Promise<Response> {\n  for (let n = 0; ; n++) {\n    const response = await attempt().catch((error) => (n < 4 ? null : Promise.reject(error)));\n    if (response && (![429, 503].includes(response.status) || n >= 4)) return response;\n    const asked = Number(response?.headers.get("Retry-After"));\n    const wait = asked ? asked * 1000 : 500 * 2 ** n * (0.5 + Math.random());\n    await new Promise((resolve) => setTimeout(resolve, wait));\n  }\n}\n',
            ),
            run_tests(
                "npx vitest run",
                " ✓ retry.test.ts (5 tests) «ms»ms\n ✓ client.test.ts (11 tests) «ms»ms\n\n Tests  16 passed (16)",
            ),
            final(
                "`«call»` now retries **429, 503 and connection errors** up to four times. It waits as long as `Retry-After` says, otherwise 0.5 s, 1 s, 2 s, 4 s with jitter.\n\n```ts\nconst response = await withRetry(() => fetch(BASE + path, { headers }));\n```\n\nOther errors (400, 401, 404 …) still fail at once. Five tests with fake timers cover it.",
            ),
            one_of(
                (),
                (
                    user("Is it safe to retry POST too?", "what about POST, could that create orders twice?"),
                    final(
                        "Not by itself. The API takes an `Idempotency-Key` header on every POST; I can add one made from the order number, so that a repeated request is recognised."
                    ),
                    user("yes add that", "Good, do it."),
                    edit("«path»", "{ headers }", '{ headers: { ...headers, "Idempotency-Key": key } }'),
                    run_tests("npx vitest run", " Tests  18 passed (18)"),
                    final("Done: every POST carries `Idempotency-Key: order-<number>`."),
                ),
                (
                    next_day(),
                    user(
                        "Ran through the night without a single 429 in the logs.",
                        "sync finished, «big_count» products 👏",
                    ),
                    final("Good to hear!"),
                ),
            ),
        ),
    ),
    Scenario(
        key="write-tests",
        product="coding",
        mood="pleased",
        weight=1.2,
        variants=(
            {
                "module": "shipping/rates.py",
                "what": "the shipping rates",
                "edge": "a parcel of exactly 31.5 kg",
                "bug": "`>` where the table says *up to and including*",
            },
            {
                "module": "promo/codes.py",
                "what": "promo codes",
                "edge": "a code used on its last day",
                "bug": "the end date was exclusive",
            },
            {
                "module": "returns/window.py",
                "what": "the return window",
                "edge": "the 30th day",
                "bug": "days were counted from the order, not from the delivery",
            },
            {
                "module": "loyalty/points.py",
                "what": "loyalty points",
                "edge": "an order that is fully refunded",
                "bug": "points were kept after the refund",
            },
        ),
        steps=(
            user(
                "Write tests for «module», there are none.",
                "Can you cover «what» with tests before I refactor? File is «module».",
                "add unit tests for «what», edge cases too please",
                "Coverage of «module» is 0 %. Get it above 90.",
            ),
            read(
                "«module»",
                '"""Rules for «what»."""\n\nfrom datetime import date\n\n\ndef applies(subject, on: date) -> bool:\n    ...\n',
            ),
            grep("from «module»", "orders/checkout.py:8: import rules", "admin/preview.py:3: import rules"),
            missing("docs/rules.md"),
            thought(
                "List behaviours first: normal case, each boundary, empty input, and what callers rely on. One test for each, no mocks needed because the functions are pure."
            ),
            write(
                "tests/test_rules.py",
                'import pytest\n\nfrom rules import applies\n\n\n@pytest.mark.parametrize(("case", "expected"), CASES)\ndef test_it_applies_the_rule(case, expected):\n    assert applies(case.subject, case.on) is expected\n',
            ),
            run_tests(
                "pytest tests/test_rules.py --cov -q",
                "..........F...                                    [100%]\nE   assert True is False   (case: «edge»)\n1 failed, 13 passed in 0.18s\nTOTAL   «line»      3    96%",
                code=1,
            ),
            thought(
                "One of my tests fails: «edge». By the comment in checkout.py the test is right and the code is wrong. Don't change behaviour silently; report it."
            ),
            final(
                "There are now **14 tests for «what», 96 % of `«module»`**. Thirteen pass. One fails and I believe it has found a bug:\n\n- **«edge»** is treated wrongly, because «bug».\n\nI marked it `xfail(strict=True)` with a reason and did not change the code. Shall I fix it?",
            ),
            one_of(
                (
                    user("Good catch, yes fix it", "Yes, that's a real bug. Fix please.", "oh wow. yes"),
                    edit("«module»", "on < limit", "on <= limit"),
                    run_tests("pytest -q", "«passed» passed in «seconds»s"),
                    final("Fixed, and the `xfail` is gone. All «passed» tests pass."),
                ),
                (
                    user("hm, let me ask the business side first", "Not sure. Leave it for now."),
                    final(
                        "OK, I left it as it is, and the reason now says *to be decided*. If the behaviour changes by accident, the strict `xfail` will tell you."
                    ),
                ),
                (
                    user("No, that's how it's supposed to be.", "That's intended, we had a long discussion about it."),
                    edit("tests/test_rules.py", "expected=True", "expected=False"),
                    final(
                        "Understood. The test now expects that, with your reason as a comment, so that the next reader doesn't stumble over it as I did."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="sql-report",
        product="coding",
        mood="pleased",
        variants=(
            {
                "question": "which products haven't sold for 90 days but still have stock",
                "name": "dead_stock",
                "sql": "SELECT p.sku, p.name, p.stock, max(l.sold_at)::date AS last_sold\nFROM product p\nLEFT JOIN order_line l ON l.product_id = p.id\nWHERE p.stock > 0\nGROUP BY p.id\nHAVING coalesce(max(l.sold_at), '-infinity') < now() - interval '90 days'\nORDER BY p.stock * p.cost DESC;",
            },
            {
                "question": "the monthly revenue by location compared with last year",
                "name": "revenue_by_month",
                "sql": "SELECT location,\n       date_trunc('month', sold_at)::date AS month,\n       sum(total) AS revenue,\n       sum(total) / lag(sum(total), 12) OVER (\n           PARTITION BY location ORDER BY date_trunc('month', sold_at)\n       ) - 1 AS change\nFROM sale\nGROUP BY 1, 2\nORDER BY 1, 2;",
            },
            {
                "question": "customers who bought twice within 30 days",
                "name": "quick_returners",
                "sql": "SELECT DISTINCT customer_id\nFROM (\n    SELECT customer_id, sold_at,\n           lag(sold_at) OVER (PARTITION BY customer_id ORDER BY sold_at) AS before\n    FROM sale\n) AS pairs\nWHERE sold_at - before <= interval '30 days';",
            },
            {
                "question": "which suppliers deliver late and by how many days",
                "name": "late_suppliers",
                "sql": "SELECT supplier,\n       count(*) AS orders,\n       round(avg(received_on - promised_on), 1) AS days_late,\n       percentile_cont(0.9) WITHIN GROUP (ORDER BY received_on - promised_on) AS p90\nFROM purchase_order\nWHERE received_on IS NOT NULL\nGROUP BY supplier\nHAVING avg(received_on - promised_on) > 0\nORDER BY days_late DESC;",
            },
        ),
        steps=(
            user(
                "I need a query for «question».",
                "Can you write SQL that shows «question»?",
                "Build a view `«name»`: «question»",
                "how do I find out «question»? postgres",
            ),
            shell(
                "psql -c '\\d+' | head -40",
                " Schema |      Name      | Type  |  Size\n--------+----------------+-------+---------\n public | customer       | table | 18 MB\n public | order_line     | table | 412 MB\n public | product        | table | 9 MB\n public | purchase_order | table | 3 MB\n public | sale           | table | 260 MB",
            ),
            one_of(
                (),
                (
                    shell_fails(
                        "psql -f /tmp/«name».sql",
                        'ERROR:  column "sold_at" does not exist\nLINE 3:  sold_at\nHINT:  Perhaps you meant to reference the column "sale.sold_on".',
                    ),
                    thought("The replica is one migration behind. Use the primary's schema."),
                ),
            ),
            write("reports/«name».sql", "«sql»\n"),
            shell(
                "psql -c 'EXPLAIN ANALYZE' -f reports/«name».sql | tail -3",
                " Planning Time: 0.6 ms\n Execution Time: «ms» ms\n(«count» rows)",
            ),
            final(
                "Here you are, saved as `reports/«name».sql`:\n\n```sql\n«sql»\n```\n\nIt finds **«count» rows in «ms» ms** on a copy of your data.",
                "```sql\n«sql»\n```\n\n«count» rows, «ms» ms. Rows without a date are left out on purpose; say if you need them.",
            ),
            one_of(
                (),
                (
                    user("Can I have that as CSV each Monday?", "And as an export for Excel?"),
                    write(
                        "jobs/«name».sh",
                        '#!/bin/sh\nset -eu\npsql --csv -f reports/«name».sql > "out/«name»-$(date +%F).csv"\n',
                    ),
                    final(
                        "`jobs/«name».sh` writes `out/«name»-<date>.csv`. Add this line to your crontab:\n\n```\n0 6 * * 1  sh /srv/app/jobs/«name».sh\n```"
                    ),
                ),
                (
                    user("Only for one shop please", "how do I restrict it to location «store»?"),
                    final("Add this condition before the `GROUP BY`:\n\n```sql\nAND location = '«store»'\n```"),
                ),
            ),
        ),
    ),
    Scenario(
        key="explain",
        product="coding",
        mood="pleased",
        variants=(
            {
                "path": "sync/reconcile.py",
                "func": "reconcile",
                "lines": 140,
                "does": "compares our stock with Stockwren's and writes the difference as a correction",
            },
            {
                "path": "src/cart/merge.ts",
                "func": "mergeCarts",
                "lines": 95,
                "does": "joins the cart of a guest with the cart of the same person after login",
            },
            {
                "path": "lib/pricing/tiers.rb",
                "func": "tier_for",
                "lines": 60,
                "does": "picks the price tier from the order volume of the last twelve months",
            },
            {
                "path": "internal/queue/drain.go",
                "func": "Drain",
                "lines": 180,
                "does": "empties the retry queue in the order in which events happened",
            },
        ),
        steps=(
            user(
                "What does «path» do? I'm new here.",
                "explain «func»() to me like I'm a junior",
                "Why does «func» run in a loop until nothing changes?",
                "Can «path» be deleted? Nobody knows what it's for.",
            ),
            read("«path»", "# «lines» lines\n# «func»: see ADR 14\n"),
            grep("«func»", "«path»:«line»: «func»", "jobs/nightly:22: «func»", "tests/«func»_test:9: «func»"),
            shell(
                "git log --format='%h %ad %s' --date=short -5 -- «path»",
                "«commit» 2025-03-04 Stop after ten rounds\n8b1f0aa 2024-11-19 Keep the order of events\n41d7e02 2024-10-02 First version",
            ),
            final(
                "In one sentence: `«func»` **«does»**.\n\nStep by step:\n\n1. It loads both sides and pairs them by SKU.\n2. Pairs that agree are dropped at once.\n3. What's left is applied oldest first, and then everything is compared again, because one change can cause another.\n4. After ten rounds it stops and reports what's still different.\n\nIt is called once, from `jobs/nightly`.",
                "`«path»` («lines» lines) «does». It's still used: `jobs/nightly` calls it every night, so please don't delete it. The loop is there because applying one difference can create the next; commit `«commit»` limited it to ten rounds after it once ran forever.",
            ),
            one_of(
                (),
                (
                    user("Could it be simpler?", "And would you write it that way today?"),
                    final(
                        "Steps 2 and 3 could be one SQL statement today. I'd first write down the cases in a test, since the order of events matters in ways the names don't tell."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="api-migration",
        product="coding",
        mood="neutral",
        variants=(
            {
                "path": "app/Services/Stockwren.php",
                "old": "/v1/articles",
                "new": "/v2/products",
                "field": "article_no",
                "now": "sku",
            },
            {
                "path": "src/integrations/stockwren.ts",
                "old": "/v1/stock",
                "new": "/v2/stock/levels",
                "field": "qty",
                "now": "quantity",
            },
            {
                "path": "stockwren/client.py",
                "old": "/v1/sales",
                "new": "/v2/orders",
                "field": "buyer",
                "now": "customer",
            },
        ),
        steps=(
            user(
                "Please move us from «old» to «new», v1 is switched off next month.",
                "We got a deprecation mail about «old». What do we need to change?",
                "migrate «path» to API v2",
                "Upgrade to the v2 API, one commit per endpoint please",
            ),
            grep(
                "«old»",
                "«path»:«line»: «old»",
                "«path»:71: «old»",
                "docs/setup.md:12: curl https://api.stockwren.example«old»",
            ),
            run_tests("make test", "«passed» passed"),
            thought(
                "Green before I start, good. In v2 `«field»` became `«now»`, amounts are integers in cents, and pages come as a Link header."
            ),
            edit("«path»", "«old»", "«new»"),
            edit("«path»", "«field»", "«now»"),
            run_tests(
                "make test",
                "FAIL  recorded answer for «old» not found (cassettes/v1)\n6 failed, «passed» passed",
                code=1,
            ),
            shell("make record-cassettes", "recorded «small_count» answers from sandbox"),
            run_tests("make test", "«passed» passed"),
            final(
                "`«path»` now speaks v2. What changed:\n\n| v1 | v2 |\n|---|---|\n| `«old»` | `«new»` |\n| `«field»` | `«now»` |\n| amounts as `12.90` | cents, `1290` |\n| `?page=` | `Link` header |\n\nThe recorded answers are new (from the sandbox). **Please check one real order** before you deploy: the conversion of cents is the part I'd look at twice.",
            ),
            one_of(
                (
                    user("Tried one on staging, looks right.", "Real order checked, all fine."),
                    final(
                        "Good! Then this can go out. v1 keeps answering until the end of next month, in case you need to go back."
                    ),
                ),
                (
                    user("The amounts are 100 times too high on staging!", "Checked one: total is off by factor 100."),
                    grep("/ 100", "«path»:88: amount / 100", "views/order:«line»: amount / 100"),
                    thought("Divided twice in one place, not at all in the other."),
                    edit("«path»", "raw.amount", "raw.amount / 100"),
                    run_tests("make test", "«passed» passed"),
                    final(
                        "There was one more place that read the raw value. It's converted at the border now, in one function, and nowhere else."
                    ),
                ),
                (
                    user(
                        "And our other service still uses «old»", "The reports repo is still on v1, is that a problem?"
                    ),
                    final(
                        "Not yet. v1 answers until the end of next month, so both can run side by side until then. I've noted it in the PR."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="react-feature",
        product="coding",
        mood="pleased",
        variants=(
            {
                "component": "StockBadge",
                "wish": "a badge that shows green, yellow or red depending on the stock",
                "prop": "quantity",
            },
            {
                "component": "PriceHistory",
                "wish": "a small line chart of the last 30 prices on the product page",
                "prop": "prices",
            },
            {
                "component": "BulkEditBar",
                "wish": "a bar for editing many selected products at once",
                "prop": "selected",
            },
            {
                "component": "LocationPicker",
                "wish": "a picker for the location that remembers the last choice",
                "prop": "locations",
            },
        ),
        steps=(
            user(
                "Build «wish».",
                "We need «wish», please follow our design tokens.",
                "new component «component»: «wish»",
                "Can you add «wish»? Should work with the keyboard too.",
            ),
            shell("ls src/components | head", "Button.tsx\nDataTable.tsx\nDialog.tsx\nField.tsx\nTooltip.tsx"),
            read(
                "src/components/Button.tsx",
                'import styles from "./Button.module.css";\n\nexport function Button({ tone = "plain", ...props }: Props) {\n  return <button className={styles[tone]} {...props} />;\n}\n',
            ),
            thought("CSS modules, named exports, a story beside each component. Follow that."),
            write(
                "src/components/«component».tsx",
                'import styles from "./«component».module.css";\n\nexport function «component»({ «prop» }: Props) {\n  return <div className={styles.root} role="status">…</div>;\n}\n',
            ),
            write(
                "src/components/«component».test.tsx",
                'it("can be used with the keyboard", async () => {\n  render(<«component» «prop»={sample} />);\n  await userEvent.tab();\n  expect(document.activeElement).toBeVisible();\n});\n',
            ),
            run_tests(
                "npx vitest run «component» && npx tsc --noEmit",
                " ✓ «component».test.tsx (4 tests) «ms»ms\n Tests  4 passed (4)",
            ),
            final(
                "`«component»` is ready, with a story and four tests.\n\n```tsx\n<«component» «prop»={«prop»} />\n```\n\n- colours come from your tokens, in light and dark\n- reachable with the Tab key, and it announces changes\n- no new dependency",
                'Done: `src/components/«component».tsx`.\n\n```tsx\nimport { «component» } from "@/components/«component»";\n\n<«component» «prop»={«prop»} />\n```\n\nI\'ve kept to CSS modules and named exports like the rest of the folder.',
            ),
            one_of(
                (),
                (
                    hours_later(4),
                    user("Looks good, but it jumps when loading.", "on mobile it's too wide"),
                    edit(
                        "src/components/«component».module.css",
                        ".root {",
                        ".root {\n  min-block-size: 2lh;\n  max-inline-size: 100%;",
                    ),
                    final("Fixed: it keeps its height while loading and never gets wider than its parent."),
                ),
            ),
        ),
    ),
    Scenario(
        key="ci-speed",
        product="coding",
        mood="pleased",
        variants=(
            {"file_ci": ".github/workflows/test.yml", "tool": "npm ci", "cache": "~/.npm", "lock": "package-lock.json"},
            {
                "file_ci": ".github/workflows/ci.yml",
                "tool": "uv sync --locked",
                "cache": "~/.cache/uv",
                "lock": "uv.lock",
            },
            {
                "file_ci": ".github/workflows/build.yaml",
                "tool": "cargo build",
                "cache": "~/.cargo",
                "lock": "Cargo.lock",
            },
        ),
        steps=(
            user(
                "CI takes «minutes» minutes. Can you make it faster without dropping tests?",
                "Our pipeline is painfully slow, look at «file_ci» please",
                "cache dependencies in CI",
            ),
            read(
                "«file_ci»",
                "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: «tool»\n      - run: make lint\n      - run: make test\n      - run: make e2e\n",
            ),
            shell(
                "gh run view --log | scripts/step-times",
                "«tool»      38 %\nmake lint   4 %\nmake test   21 %\nmake e2e    37 %",
            ),
            thought(
                "38 % is installing, 37 % is e2e that waits for everything else. Cache plus two parallel jobs gets most of it."
            ),
            edit(
                "«file_ci»",
                "      - run: «tool»\n",
                "      - uses: actions/cache@v4\n        with:\n          path: «cache»\n          key: deps-${{ hashFiles('«lock»') }}\n      - run: «tool»\n",
            ),
            shell("actionlint «file_ci»", ""),
            final(
                "Two changes in `«file_ci»`: dependencies are cached by the hash of `«lock»`, and `make e2e` runs beside the unit tests.\n\n```yaml\n- uses: actions/cache@v4\n  with:\n    path: «cache»\n    key: deps-${{ hashFiles('«lock»') }}\n```\n\nBy the step times I expect about **half of the «minutes» minutes** once the cache is warm. Nothing is skipped.",
            ),
            one_of(
                (),
                (
                    hours_later(2),
                    user("From «minutes» down to «small_count» minutes. 🎉", "much better already"),
                    final("Nice! The rest is mostly the browser tests; splitting those in two would be the next step."),
                ),
            ),
        ),
    ),
    Scenario(
        key="review-comments",
        product="coding",
        mood="neutral",
        slots={
            "nit": (
                "rename `data` to something that says what it is",
                "don't catch bare exceptions",
                "this needs a docstring",
                "please use the existing helper for money",
            )
        },
        steps=(
            user(
                "Please address the review comments on PR #«pr».",
                "«colleague» left comments on #«pr», can you work through them?",
                "PR #«pr» has «small_count» open threads. Fix what's clear, ask about the rest.",
            ),
            shell(
                "gh pr view «pr» --comments",
                "«colleague»: «nit»\n«colleague»: is this index really needed? writes are hot here\n«colleague»: nit: typo in the changelog",
            ),
            thought(
                "Three threads: one rename-like change, one typo, one real question about the index. I can check the index with the plan."
            ),
            shell(
                'psql -c "select indexrelname, idx_scan from pg_stat_user_indexes order by 2 limit 3"',
                "     indexrelname     | idx_scan\n----------------------+----------\n movement_reason_idx  |        0\n sale_note_idx        |        4",
            ),
            edit("CHANGELOG.md", "recieve", "receive"),
            edit("src/stock/movements.py", "    data = load(path)\n", "    movements = load(path)\n"),
            run_tests("make test lint", "«passed» passed, lint clean"),
            final(
                "All three threads on #«pr»:\n\n1. *«nit»*: done.\n2. *Index*: «colleague» is right. It had **0 scans** in production, so I removed it from the migration.\n3. *Typo*: fixed.\n\nPushed as `«commit»`; I answered in the threads but left resolving them to «colleague».",
            ),
            one_of(
                (),
                (
                    next_day(),
                    user("«colleague» approved. Please squash.", "approved, merge it"),
                    shell("gh pr merge «pr» --squash", "✓ Squashed and merged pull request #«pr»"),
                    final("Squashed and merged into `main`."),
                ),
            ),
        ),
    ),
    Scenario(
        key="de-refactoring",
        product="coding",
        language="de",
        mood="pleased",
        variants=(
            {"path": "lager/bestand.py", "func": "bestand_buchen"},
            {"path": "kasse/bon.py", "func": "bon_drucken"},
            {"path": "export/datev.py", "func": "buchungssatz"},
        ),
        steps=(
            user(
                "Die Funktion «func» in «path» ist 200 Zeilen lang. Kannst du sie aufteilen, ohne das Verhalten zu ändern?",
                "Bitte «path» aufräumen, da blickt keiner mehr durch.",
                "Ich verstehe «func» nicht mehr. Bitte in kleinere Schritte zerlegen, Verhalten bleibt gleich.",
            ),
            read("«path»", "def «func»(daten, *args, **kwargs):\n    # 200 Zeilen\n    ...\n"),
            thought(
                "Erst absichern: Es gibt nur zwei Tests. Verhalten mit echten Eingaben festhalten, dann in drei Schritte zerlegen."
            ),
            run_tests("pytest -q", "2 passed in 0.31s"),
            write(
                "tests/test_verhalten.py",
                "def test_it_behaves_as_before(beispiele):\n    for eingabe, ausgabe in beispiele:\n        assert «func»(eingabe) == ausgabe\n",
            ),
            edit(
                "«path»",
                "    # 200 Zeilen\n",
                "    posten = lesen(daten)\n    pruefen(posten)\n    return buchen(posten)\n",
            ),
            run_tests("pytest -q", "«passed» passed in «seconds»s"),
            final(
                "Fertig. `«func»` besteht jetzt aus drei Schritten:\n\n```python\nposten = lesen(daten)\npruefen(posten)\nreturn buchen(posten)\n```\n\nVorher habe ich das Verhalten mit «count» Beispielen aus den Logs festgehalten; alle liefern dasselbe Ergebnis wie zuvor."
            ),
            user("Sehr gut, danke!", "Sieht viel besser aus.", "Warum heißt es nicht validate wie überall sonst?"),
            final_fitting(
                "Gern! Der Branch ist `«branch»`, die Tests sind grün.",
                "Danke! Als Nächstes würde ich die Beispiele in eine eigene Datei legen.",
                "Weil der Rest der Datei deutsche Namen hat. Wenn ihr es lieber einheitlich englisch hättet, benenne ich alles in einem eigenen Commit um.",
            ),
        ),
    ),
    Scenario(
        key="pt-integracao",
        product="coding",
        language="pt",
        mood="pleased",
        variants=(
            {"path": "src/notaFiscal.ts", "func": "emitirNota"},
            {"path": "src/frete.ts", "func": "calcularFrete"},
        ),
        steps=(
            user(
                "A função «func» em «path» não funciona com produtos sem peso. Pode corrigir?",
                "«func» devolve NaN para alguns pedidos, e só em produção. Está em «path».",
                "#«issue» NaN no valor do pedido, vem de «func»",
            ),
            read(
                "«path»",
                "export function «func»(pedido: Pedido): number {\n  return pedido.itens.reduce((soma, item) => soma + item.peso * item.quantidade, 0);\n}\n",
            ),
            thought("`item.peso` pode ser undefined, e aí o resultado é NaN sem erro nenhum."),
            edit("«path»", "item.peso * item.quantidade", "(item.peso ?? PESO_PADRAO) * item.quantidade"),
            run_tests("npx vitest run", " Tests  9 passed (9)"),
            final(
                "Corrigido. Um item sem peso fazia a soma virar `NaN`. Agora vale o peso padrão da loja:\n\n```ts\nsoma + (item.peso ?? PESO_PADRAO) * item.quantidade\n```\n\nAcrescentei três testes, todos verdes."
            ),
            user("Perfeito, valeu!", "E se o padrão também não existir?"),
            final_fitting(
                "De nada! O branch é `«branch»`, commit `«commit»`.",
                "Nesse caso a função para com uma mensagem clara, em vez de mandar um valor errado.",
            ),
        ),
    ),
)
