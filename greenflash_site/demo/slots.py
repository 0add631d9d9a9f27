"""Values for the slots in demo texts, drawn once per conversation so that an order keeps its number; used by telling.py."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random

from greenflash_site.demo.cast import Person
from greenflash_site.demo.script import Json, Value

SLOT = re.compile(r"«(\w+)»")

HARDWARE: dict[str, int] = {
    "L2 label printer": 189,
    "L4 industrial label printer": 649,
    "Scan S1 handheld scanner": 129,
    "Scan S3 ring scanner": 219,
    "R1 receipt printer": 159,
    "Dock tablet stand": 89,
    "Pocket card reader": 59,
    "T10 till tablet": 429,
    "Scale 15 bench scale": 275,
    "cash drawer": 99,
    "four-bay charging cradle": 119,
    "box of 12 label rolls": 42,
    "pack of 10 shelf tags": 68,
}
CARRIERS = {"ParcelWing": "PW", "Northvan": "NV", "Swiftline": "SL", "BoxRoute": "BR", "Meridian Freight": "MF"}
PLANS = {"starter": 29, "team": 79, "business": 199, "enterprise": 690}
# Units of the currency for one US dollar, rounded: prices only need to look at home.
CURRENCIES: dict[str, tuple[float, str]] = {
    "USD": (1, "$#"),
    "CAD": (1.4, "CA$#"),
    "AUD": (1.5, "A$#"),
    "NZD": (1.7, "NZ$#"),
    "GBP": (0.8, "£#"),
    "EUR": (0.9, "€#"),
    "MXN": (18, "MX$#"),
    "BRL": (5.4, "R$ #"),
    "JPY": (150, "¥#"),
    "AED": (3.7, "AED #"),
    "MAD": (9.2, "# MAD"),
}


class Slots:
    """The slot values of one conversation: given ones first, the others drawn when they are first asked for."""

    def __init__(self, given: Mapping[str, Value], *, rng: Random, at: datetime, person: Person, language: str) -> None:
        self._values = dict(given)
        self.rng = rng
        self.at = at
        self.person = person
        self.language = language

    def __getitem__(self, name: str) -> Value:
        if name not in self._values:
            self._values[name] = _DRAWS[name](self)
        return self._values[name]

    def number(self, name: str) -> float:
        """A slot that is known to hold a number."""
        return float(self[name])

    def fill(self, text: str) -> str:
        """The text with every slot replaced.

        Raises:
            KeyError: the text names a slot that nothing fills.
        """
        filled = text
        while SLOT.search(filled):  # a given value may itself hold slots
            filled = SLOT.sub(lambda match: str(self[match[1]]), filled)
        return filled

    def fill_all(self, value: Json) -> Json:
        """A JSON value with every slot in its strings replaced; a string that is only one slot keeps the slot's type."""
        match value:
            case str():
                alone = SLOT.fullmatch(value)
                found = self[alone[1]] if alone else value
                return self.fill(found) if isinstance(found, str) else found
            case list():
                return [self.fill_all(item) for item in value]
            case dict():
                return {key: self.fill_all(item) for key, item in value.items()}
        return value


def _day(slots: Slots, days: float) -> str:
    """A day as far from the conversation, as its language writes it."""
    day = slots.at + timedelta(days=days)
    match slots.language:
        case "en":
            return f"{day:%A}, {day.day} {day:%B}"
        case "de":
            return f"{day.day}.{day.month}."
        case "ja":
            return f"{day.month}月{day.day}日"
    return f"{day.day}/{day.month}"


def _iso_day(slots: Slots, days: float) -> str:
    return (slots.at + timedelta(days=days)).date().isoformat()


def _currency(slots: Slots) -> str:
    return slots.person.company.currency if slots.person.company else "USD"


def _local(slots: Slots, dollars: float) -> float:
    """So many dollars in the customer's currency, whole where cents would look odd for a converted price."""
    amount = dollars * CURRENCIES[_currency(slots)][0]
    return round(amount) if amount >= 20 else round(amount, 1)


def _money(slots: Slots, amount: float) -> str:
    shown = f"{amount:,.0f}" if _currency(slots) == "JPY" else f"{amount:,.2f}"
    return CURRENCIES[_currency(slots)][1].replace("#", shown)


def _code(slots: Slots, alphabet: str, length: int) -> str:
    return "".join(slots.rng.choices(alphabet, k=length))


_HEX = "0123456789abcdef"
_DIGITS = "0123456789"

_DRAWS: dict[str, Callable[[Slots], Value]] = {
    # who
    "first": lambda s: s.person.first_name,
    "email": lambda s: s.person.email,
    "company": lambda s: s.person.company.name if s.person.company else "our shop",
    "domain": lambda s: s.person.email.split("@")[1],
    "plan": lambda s: s.person.company.plan.title() if s.person.company else "Starter",
    "colleague": lambda s: s.rng.choice(
        ("Sam", "Nadine", "Oscar", "Petra", "Lou", "Vikram", "Jess", "Amara", "Iris", "Ben")
    ),
    "agent": lambda s: s.rng.choice(("Daniela", "Tom", "Yara", "Elliot", "Mina", "Stefan", "Grace", "Ruben")),
    "wait": lambda s: s.rng.choice((3, 5, 8, 10, 15, 20)),
    "city": lambda s: s.rng.choice(
        ("Bristol", "Portland", "Leeds", "Halifax", "Galway", "Tucson", "Ghent", "Turin", "Perth", "Lyon")
    ),
    "street": lambda s: (
        f"{s.rng.randrange(2, 180)} {s.rng.choice(('Mill Lane', 'Station Road', 'Quay Street', 'Elm Avenue', 'Chapel Hill', 'Market Row'))}"
    ),
    "store": lambda s: s.rng.choice(
        (
            "Riverside",
            "Old Town",
            "Station Square",
            "the warehouse",
            "Northgate",
            "the pop-up",
            "High Street",
            "the harbour store",
        )
    ),
    # orders
    "order": lambda s: f"SW-{s.rng.randrange(20000, 99999)}",
    "item": lambda s: s.rng.choice(list(HARDWARE)),
    "item_b": lambda s: s.rng.choice([name for name in HARDWARE if name != s["item"]]),
    "quantity": lambda s: s.rng.choice((2, 2, 3, 4, 5, 6, 8, 10, 12)),
    "unit_amount": lambda s: _local(s, HARDWARE.get(str(s["item"]), 99)),
    "unit_price": lambda s: _money(s, s.number("unit_amount")),
    "total_amount": lambda s: round(s.number("unit_amount") * s.number("quantity"), 2),
    "total": lambda s: _money(s, s.number("total_amount")),
    "shipping": lambda s: _money(s, _local(s, s.rng.choice((7.9, 9.9, 12.5, 18)))),
    "currency": _currency,
    "carrier": lambda s: s.rng.choice(list(CARRIERS)),
    "tracking": lambda s: CARRIERS[str(s["carrier"])] + _code(s, _DIGITS, 10),
    "serial": lambda s: f"{s.rng.choice(('L2', 'S1', 'R1', 'T1'))}-{_code(s, '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ', 7)}",
    "rma": lambda s: f"RMA-{_code(s, _DIGITS, 6)}",
    "discount": lambda s: s.rng.choice((5, 10, 12, 15, 20)),
    # billing
    "invoice": lambda s: f"INV-{s.at:%Y}-{_code(s, _DIGITS, 5)}",
    "plan_amount": lambda s: _local(s, PLANS[str(s["plan"]).lower()]),
    "plan_price": lambda s: _money(s, s.number("plan_amount")),
    "double_price": lambda s: _money(s, round(s.number("plan_amount") * 2, 2)),
    "last4": lambda s: _code(s, _DIGITS, 4),
    "seats": lambda s: s.rng.randrange(3, 40),
    "more_seats": lambda s: int(s.number("seats")) + s.rng.choice((1, 2, 3, 5)),
    "credit": lambda s: _money(s, _local(s, s.rng.choice((10, 15, 20, 25, 40)))),
    # when
    "order_age": lambda s: s.rng.randrange(5, 13),
    "order_day": lambda s: _day(s, -s.number("order_age")),
    "order_iso": lambda s: _iso_day(s, -s.number("order_age")),
    "promised_day": lambda s: _day(s, -s.rng.randrange(1, 4)),
    "delivery_in": lambda s: s.rng.randrange(1, 4),
    "delivery_day": lambda s: _day(s, s.number("delivery_in")),
    "delivery_iso": lambda s: _iso_day(s, s.number("delivery_in")),
    "later_day": lambda s: _day(s, s.rng.randrange(5, 11)),
    "renewal_day": lambda s: _day(s, s.rng.randrange(9, 26)),
    "charge_iso": lambda s: _iso_day(s, -s.rng.randrange(1, 5)),
    "weekday": lambda s: s.rng.choice(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")),
    "month": lambda s: f"{s.at - timedelta(days=30):%B}",
    "days": lambda s: s.rng.randrange(2, 9),
    "time": lambda s: f"{s.rng.randrange(7, 19)}:{s.rng.choice(('05', '12', '20', '34', '41', '55'))}",
    "minutes": lambda s: s.rng.randrange(12, 95),
    # the app
    "ticket": lambda s: f"T-{s.rng.randrange(100000, 999999)}",
    "version": lambda s: f"{s.rng.choice((7, 8))}.{s.rng.randrange(0, 14)}.{s.rng.randrange(0, 6)}",
    "sku": lambda s: (
        f"{s.rng.choice(('MUG', 'TEA', 'CAP', 'BAG', 'LMP', 'KEY', 'ROD', 'PEN', 'RUG'))}-{s.rng.randrange(100, 9999)}"
    ),
    "count": lambda s: s.rng.randrange(14, 480),
    "small_count": lambda s: s.rng.randrange(2, 14),
    "big_count": lambda s: s.rng.randrange(1200, 38000),
    "file": lambda s: s.rng.choice(
        (
            "stock_autumn.csv",
            "products-final.csv",
            "inventory_count.csv",
            "export (3).csv",
            "pricelist_q4.csv",
            "catalogue.csv",
            "suppliers_v2.csv",
        )
    ),
    "row": lambda s: s.rng.randrange(12, 2400),
    "phone": lambda s: s.rng.choice(("Android 15", "iOS 18.6", "iOS 26", "Android 14", "iPadOS 18")),
    # code
    "branch": lambda s: s.rng.choice(("main", "develop", "release/next", "feature/sync-v2", "staging", "fix/returns")),
    "commit": lambda s: _code(s, _HEX, 7),
    "pr": lambda s: s.rng.randrange(80, 2400),
    "issue": lambda s: s.rng.randrange(40, 1900),
    "line": lambda s: s.rng.randrange(18, 240),
    "passed": lambda s: s.rng.randrange(24, 640),
    "seconds": lambda s: round(s.rng.uniform(1.2, 58), 2),
    "ms": lambda s: s.rng.randrange(12, 90),
    "slow_ms": lambda s: s.rng.randrange(1800, 14000),
}
