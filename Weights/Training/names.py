"""What an object is called: plain names from file names, descriptions and Unicode names, and which of them fit a text.

OpenClipart's file names end in their artists' names (`mushroom_benji_park_01`), cut off at 28 letters. A word counts only if it is
trusted: it occurs in an emoji's or a stamp's name, or begins at least two drawings' names.
"""

import re
from collections import Counter

STOP = set("a an the some one of in on with and or for to from by is at its it this that two three s d b w".split())
VAGUE = set("bw sign symbol icon photo cartoon left right up down new top simple drawn alt tp xmas clothing transportation aiga view side set with".split())
COMPOUNDS = {"hot dog", "ice cream", "rubber duck", "teddy bear", "light bulb", "traffic cone", "candy cane", "musical note", "high heel"}  # their last word misleads
LONGEST = 3  # words in a name
TEMPLATES = ["{}", "a {}", "the {}", "a photo of a {}", "a picture of a {}", "a drawing of a {}", "one {}", "every {}"]


def words(text):
    return re.findall(r"[a-z]+", re.split(r"[.:;(—,]| is | stands ", text.lower().replace("’s", "").replace("“", ""))[0])


def trusted_words(objects):
    trusted, leading = set(), Counter()
    for record in objects:
        if record["package"] == "openclipart-png":
            leading.update(words(record["names"][0])[:1] if record["names"] else [])
        else:
            for name in record["names"]:
                trusted.update(words(name))
    return (trusted | {word for word, count in leading.items() if count >= 2}) - STOP


def plain_names(record, trusted):
    """A record's names, best first: at most three trusted words each, none of them an artist's."""
    out = []
    for name in record["names"]:
        kept = []
        for word in words(name):
            if word in STOP and kept:
                break
            if word not in trusted:
                if kept:
                    break
                continue
            if word not in VAGUE and (len(word) > 2 or word in ("ox", "tv", "cd")):
                kept.append(word)
        if kept and len(kept) <= LONGEST:
            out.append(" ".join(kept))
    return list(dict.fromkeys(out))


class Names:
    """Of every object of a list its names, widened by the last word where that is a name of its own: a red apple is an apple."""

    def __init__(self, objects):
        trusted = trusted_words(objects)
        own = [plain_names(record, trusted) for record in objects]
        single = Counter(name for names in own for name in names if " " not in name)
        self.names = []
        for names in own:
            wider = [singular for name in names for singular in (name.split()[-1],) if " " in name and name not in COMPOUNDS and single[singular] >= 1]
            self.names.append(list(dict.fromkeys(names + wider)))
        self.sets = [set(names) for names in self.names]
        self.bags = [set(word for name in names for word in name.split()) for names in self.names]

    def fits(self, text, index):
        """1 where the text is one of the object's names, 0 where it shares no word with them, None where it is hard to say."""
        if text in self.sets[index]:
            return 1
        return None if not self.sets[index] or set(text.split()) & self.bags[index] else 0

    def sentence(self, text, random):
        return TEMPLATES[random.integers(len(TEMPLATES))].format(text)


def corpus(names):
    """Every name in every template, for the tokenizer."""
    return [template.format(name) for each in names.names for name in each for template in TEMPLATES]
