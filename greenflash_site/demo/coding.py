"""All scenarios of the coding agent; story.py draws from them."""

from greenflash_site.demo.coding_features import FEATURES
from greenflash_site.demo.coding_fixes import FIXES
from greenflash_site.demo.coding_trouble import TROUBLE

CODING = FIXES + FEATURES + TROUBLE
