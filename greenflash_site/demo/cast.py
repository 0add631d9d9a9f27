"""Who talks in the demo: made-up customer companies and their people; story.py draws from them."""

from dataclasses import dataclass
from random import Random
from typing import Literal

type Tone = Literal["plain", "hurried", "polite"]


@dataclass(frozen=True, slots=True)
class Company:
    """A customer of the organization that runs the demo products."""

    external_id: str
    name: str
    locale: str
    currency: str
    plan: str
    size: int

    @property
    def language(self) -> str:
        """The language its people would rather write in."""
        return self.locale.split("-")[0]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes to the demo products; `company` is None for a visitor who only looks around."""

    external_id: str
    first_name: str
    email: str
    company: Company | None
    develops: bool
    tone: Tone

    @property
    def language(self) -> str:
        """The language this person would rather write in."""
        return self.company.language if self.company else "en"


COMPANIES = (
    Company("harbor-and-pine", "Harbor & Pine", "en-US", "USD", "business", 14),
    Company("juniper-road-books", "Juniper Road Books", "en-US", "USD", "starter", 4),
    Company("coldwater-outfitters", "Coldwater Outfitters", "en-US", "USD", "business", 11),
    Company("maple-and-moss", "Maple & Moss", "en-CA", "CAD", "team", 6),
    Company("threefold-coffee", "Threefold Coffee", "en-US", "USD", "team", 8),
    Company("fernhill-cycles", "Fernhill Cycles", "en-GB", "GBP", "team", 7),
    Company("the-tin-lantern", "The Tin Lantern", "en-GB", "GBP", "starter", 3),
    Company("saltmarsh-supply", "Saltmarsh Supply", "en-GB", "GBP", "enterprise", 16),
    Company("wattlebird-homewares", "Wattlebird Homewares", "en-AU", "AUD", "team", 6),
    Company("kowhai-garden-centre", "Kowhai Garden Centre", "en-NZ", "NZD", "starter", 3),
    Company("blue-ferry-toys", "Blue Ferry Toys", "en-IE", "EUR", "team", 5),
    Company("lindenhof-feinkost", "Lindenhof Feinkost", "de-DE", "EUR", "business", 9),
    Company("werkbank-nord", "Werkbank Nord", "de-DE", "EUR", "team", 6),
    Company("almhaus-sport", "Almhaus Sport", "de-AT", "EUR", "starter", 4),
    Company("casa-ribera", "Casa Ribera", "es-ES", "EUR", "team", 6),
    Company("mercado-jacaranda", "Mercado Jacaranda", "es-MX", "MXN", "business", 7),
    Company("hoshizora-bungu", "Hoshizora Bungu", "ja-JP", "JPY", "business", 7),
    Company("komorebi-tea", "Komorebi Tea", "ja-JP", "JPY", "starter", 3),
    Company("dar-al-waha", "Dar Al Waha", "ar-AE", "AED", "team", 5),
    Company("souk-yasmine", "Souk Yasmine", "ar-MA", "MAD", "starter", 3),
    Company("emporio-maracuja", "Empório Maracujá", "pt-BR", "BRL", "business", 7),
    Company("livraria-azulejo", "Livraria Azulejo", "pt-PT", "EUR", "starter", 3),
)

# First and family names that go together, spelled in Latin letters because they become ids.
NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        (
            "Mara",
            "Owen",
            "Priya",
            "Callum",
            "Tessa",
            "Darnell",
            "Ingrid",
            "Felix",
            "Noor",
            "Hazel",
            "Tobias",
            "Imani",
            "Rowan",
            "Beth",
            "Marcus",
            "Sienna",
            "Jonah",
            "Anjali",
            "Kofi",
            "Lydia",
            "Graham",
            "Esme",
            "Dmitri",
            "Paige",
            "Theo",
            "Renata",
            "Miles",
            "Aoife",
            "Wes",
            "Camille",
            "Arjun",
            "Nell",
            "Silas",
            "Joan",
            "Hugo",
            "Keiran",
        ),
        (
            "Lindqvist",
            "Achebe",
            "Raman",
            "Doyle",
            "Whitlock",
            "Okafor",
            "Brandt",
            "Castell",
            "Haddad",
            "Merriweather",
            "Voss",
            "Tran",
            "Penrose",
            "Galloway",
            "Sutter",
            "Nakamura",
            "Abernathy",
            "Iyer",
            "Mensah",
            "Thornbury",
            "Pike",
            "Larkin",
            "Sokolov",
            "Hathaway",
            "Quill",
            "Moreau",
            "Redfern",
            "Byrne",
            "Calder",
            "Ellery",
            "Desai",
            "Ashdown",
            "Greer",
            "Winslow",
            "Marchetti",
            "Finch",
        ),
    ),
    "de": (
        (
            "Jonas",
            "Lena",
            "Matthias",
            "Svenja",
            "Florian",
            "Greta",
            "Henrik",
            "Anneke",
            "Lukas",
            "Katrin",
            "Moritz",
            "Elif",
        ),
        ("Brinkmann", "Oster", "Vogelsang", "Kessler", "Hartwig", "Lohmann", "Petersen", "Aydin", "Reuter", "Steiner"),
    ),
    "es": (
        (
            "Lucia",
            "Mateo",
            "Carmen",
            "Diego",
            "Ximena",
            "Javier",
            "Paloma",
            "Andres",
            "Rocio",
            "Emilio",
            "Valeria",
            "Hugo",
        ),
        ("Ibarra", "Montes", "Quintana", "Salcedo", "Herrero", "Lozano", "Barragan", "Cuevas", "Rivas", "Olmedo"),
    ),
    "ja": (
        ("Haruka", "Kenta", "Yui", "Daichi", "Misaki", "Ren", "Sakura", "Takumi", "Aoi", "Shota", "Nana", "Kaito"),
        ("Morita", "Ishikawa", "Hayashi", "Nomura", "Okada", "Fujii", "Sugiyama", "Matsuda", "Kubo", "Taniguchi"),
    ),
    "ar": (
        ("Layla", "Omar", "Salma", "Khalid", "Huda", "Youssef", "Rania", "Tariq", "Maha", "Sami", "Nadia", "Faris"),
        ("Mansour", "Bensaid", "Khoury", "Rahal", "Darwish", "Amrani", "Sabbagh", "Haddadi", "Zahran", "Qasim"),
    ),
    "pt": (
        (
            "Beatriz",
            "Thiago",
            "Camila",
            "Rafael",
            "Joana",
            "Caio",
            "Larissa",
            "Murilo",
            "Ines",
            "Otavio",
            "Livia",
            "Vasco",
        ),
        ("Nogueira", "Tavares", "Pacheco", "Azevedo", "Moura", "Siqueira", "Brandao", "Teles", "Cardim", "Valente"),
    ),
}

_TONES: tuple[Tone, ...] = ("plain", "plain", "hurried", "polite")


def people(*, count: int, rng: Random) -> list[Person]:
    """So many people, all with different external ids, the larger companies with more of them."""
    found: list[Person] = []
    taken: set[str] = set()
    while len(found) < count:
        company = rng.choices(COMPANIES, [company.size for company in COMPANIES])[0] if rng.random() > 0.14 else None
        firsts, lasts = NAMES[company.language if company else "en"]
        first, last = rng.choice(firsts), rng.choice(lasts)
        external_id = f"{first}.{last}".lower() if company else f"visitor-{rng.getrandbits(32):08x}"
        while external_id in taken:
            external_id = f"{first}.{last}".lower() + f"-{rng.randrange(2, 9999)}"
        taken.add(external_id)
        domain = f"{company.external_id}.example" if company else "mailbox.example"
        found.append(
            Person(
                external_id=external_id,
                first_name=first,
                email=f"{first}.{last}@{domain}".lower(),
                company=company,
                develops=rng.random() < 0.3,
                tone=rng.choice(_TONES),
            )
        )
    return found
