"""Letters that look like others: what a reader takes them for.

Made from Unicode's own list (confusables.txt of UTS #39, version 15, Unicode License): the letters
and digits of other scripts that look like one ASCII letter or digit, without the scripts that
are written beside Latin in one word as a matter of course (Chinese, Japanese, Korean), without the
Turkish dotless i, and without what compatibility normalisation (NFKC) undoes anyway. The Cyrillic
and the Greek k are added.
"""

# ruff: noqa: RUF001  (the letters are the data)
from __future__ import annotations

_LETTERS = {
    "a": "ɑαа",
    "b": "ƄЬᏏᑲᖯ",
    "c": "ϲсᴄⲥꮯ𐐽",
    "d": "ԁᏧᑯꓒ",
    "e": "еҽꬲ",
    "f": "քẝꞙꬵ",
    "g": "ƍɡցᶃ",
    "h": "һհᏂ",
    "i": "ɩɪͺιіᎥιꙇꭵ𑣃",
    "j": "ϳј",
    "k": "кκ",
    "l": "ӏǀᛁⵏꓲ𐊊𐌉𐌠𖼨",
    "n": "ոռ",
    "o": "οσоօ०੦૦௦౦೦ഠ൦๐໐ဝ၀ჿᴏᴑⲟꬽ𐐬𐓪𑣈𑣗",
    "p": "ρϱрⲣ",
    "q": "ԛգզ",
    "r": "гᴦⲅꭇꭈꮁ",
    "s": "ƽѕꜱꮪ𐑈𑣁",
    "u": "ʋυսᴜꞟꭎꭒ𐓶𑣘",
    "v": "νѵᴠꮩ𑜆𑣀",
    "w": "ɯѡԝաᴡꮃ𑜊𑜎𑜏",
    "x": "хᕁᕽ",
    "y": "ɣʏγуүყᶌỿℽꭚ𑣜",
    "z": "ᴢꮓ𑣄",
    "A": "ΑАᎪᗅꓮ𐊠𖽀",
    "B": "ΒВᏴᗷꓐꞴ𐊂𐊡𐌁",
    "C": "ϹСᏟⲤꓚ𐊢𐌂𐐕𐔜𑣩𑣲",
    "D": "Ꭰᗞᗪꓓ",
    "E": "ΕЕᎬⴹꓰ𐊆𑢦𑢮",
    "F": "ϜᖴꓝꞘ𐊇𐊥𐔥𑢢𑣂",
    "G": "ԌᏀᏳꓖ",
    "H": "ΗНᎻᕼⲎꓧ𐋏",
    "I": "ƖΙІӀⲒ",
    "J": "ͿЈᎫᒍꓙꞲ",
    "K": "ΚКᏦᛕⲔꓗ𐔘",
    "L": "ᏞᒪⳐꓡ𐐛𐔦𑢣𑢲𖼖",
    "M": "ΜϺМᎷᗰᛖⲘꓟ𐊰𐌑",
    "N": "ΝⲚꓠ𐔓",
    "O": "ΟОՕ০ଠ୦ዐⲞⵔꓳ𐊒𐊫𐐄𐓂𐔖𑓐𑢵𑣠",
    "P": "ΡРᏢᑭⲢꓑ𐊕",
    "Q": "ⵕ",
    "R": "ƦᎡᏒᖇꓣ𐒴𖼵",
    "S": "ЅՏᏕᏚꓢ𐊖𐐠𖼺",
    "T": "ΤТᎢⲦꓔ𐊗𐊱𐌕𑢼𖼊",
    "U": "Սሀᑌꓴ𐓎𑢸𖽂",
    "V": "ѴᏙᐯⴸꓦꛟ𐔝𑢠𖼈",
    "W": "ԜᎳᏔꓪ𑣦𑣯",
    "X": "ΧХᚷⲬⵝꓫꞳ𐊐𐊴𐌗𐌢𐔧𑣬",
    "Y": "ΥϒУҮᎩᎽⲨꓬ𐊲𑢤𖽃",
    "Z": "ΖᏃꓜ𐋵𑢩𑣥",
    "2": "ƧϨᒿꙄꛯꝚ",
    "3": "ƷȜЗӠⳌꝪꞫ𑣊𖼻",
    "4": "Ꮞ𑢯",
    "5": "Ƽ𑢻",
    "6": "бᏮⳒ𑣕",
    "7": "𐓒𑣆",
    "8": "Ȣȣ৪੪𐌚",
    "9": "৭੧୨൭ⳊꝮ𑢬𑣌𑣖",
}

LOOKS_LIKE: dict[str, str] = {
    letter: like for like, letters in _LETTERS.items() for letter in letters
}
"""Each letter, and the ASCII letter or digit that it looks like."""

SIGNS: dict[str, str] = {
    "\u2024": ".",
    "\u3002": ".",
    "\uff0e": ".",
    "\uff61": ".",
    "\ufe52": ".",
    "\u2044": "/",
    "\u2215": "/",
    "\u2571": "/",
    "\u27cb": "/",
    "\u29f8": "/",
    "\uff0f": "/",
    "\u2216": "\\",
    "\u29f5": "\\",
    "\u29f9": "\\",
    "\ufe68": "\\",
    "\uff3c": "\\",
    "\u0589": ":",
    "\u02f8": ":",
    "\u2236": ":",
    "\ua789": ":",
    "\ufe55": ":",
    "\uff1a": ":",
    "\ufe6b": "@",
    "\uff20": "@",
    "\uff03": "#",
    "\uff1f": "?",
    "\uff06": "&",
    "\uff05": "%",
    "\uff1d": "=",
    "\uff3f": "_",
    "\uff0d": "-",
    "\u01c3": "!",
    "\u037e": ";",
    "\u2800": " ",
} | dict.fromkeys("\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u200a\u205f", " ")
"""Signs and blanks that part addresses, paths and commands for a reader, and for no program."""

DASHES = frozenset("\u02d7\u2010\u2011\u2012\u2013\u2212")
"""Dashes: ordinary in a sentence, misleading in the name of a host."""
