"""All scenarios of the support chatbot; story.py draws from them."""

from greenflash_site.demo.support_app import APP
from greenflash_site.demo.support_languages import LANGUAGES
from greenflash_site.demo.support_money import MONEY
from greenflash_site.demo.support_orders import ORDERS
from greenflash_site.demo.support_trouble import TROUBLE

SUPPORT = ORDERS + MONEY + APP + TROUBLE + LANGUAGES
