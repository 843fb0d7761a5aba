"""The library's objects that have a plain name, every name there is, and the tokenizer that learns from them.

    python named_library.py                         # a list to look at
    python named_library.py --every > ../words.txt  # every name that is trained on
"""

import sys
from collections import Counter

import numpy as np

from compose import Library
from fetch import default_root
from names import Names, corpus
from vocabulary import tokenizer


def named_library(root, held_out=False):
    """The objects that have a plain name, with their names; names are trusted by the words of the whole training set."""
    training = Library(root)
    names = Names(training.objects)
    records = training.objects
    if held_out:
        records = records + Library(root, held_out=True).objects
        names = Names(records)
    named = {record["id"]: each for record, each in zip(records, names.names) if each}
    library = Library(root, held_out, only=lambda r: "names" not in r or r["id"] in named)
    kept = Names.__new__(Names)
    kept.names = [named[record["id"]] for record in library.objects]
    kept.sets = [set(each) for each in kept.names]
    kept.bags = [set(word for name in each for word in name.split()) for each in kept.names]
    return library, kept


def every_name(names):
    """All names in order: a name's place is its number."""
    return sorted({name for each in names.names for name in each})


def answers(names, every):
    """fits [objects, names] int8: 1, 0, or -1 where that is hard to say."""
    number = {word: i for i, word in enumerate(sorted({word for name in every for word in name.split()}))}
    bag = lambda words: np.bincount([number[word] for word in words], minlength=len(number)) > 0
    shared = np.stack([bag(words) for words in names.bags]).astype(np.float32) @ np.stack([bag(name.split()) for name in every]).astype(np.float32).T
    out, place = np.where(shared > 0, -1, 0).astype(np.int8), {name: i for i, name in enumerate(every)}
    for row, each in zip(out, names.names):
        row[[place[name] for name in each]] = 1
    return out


def trained_tokenizer(root):
    """The tokenizer every run with the same data learns."""
    return tokenizer(corpus(Names(Library(root).objects)))


def main():
    if sys.argv[1:] == ["--every"]:
        return print("\n".join(every_name(named_library(default_root())[1])))
    library = Library()
    names = Names(library.objects)
    for record, each in list(zip(library.objects, names.names))[::25]:
        print(record["id"].split("/")[-1], "→", each)
    count = Counter(name for each in names.names for name in each)
    named = sum(bool(each) for each in names.names)
    print(f"{named} of {len(names.names)} named, {len(count)} names, shared by two or more: {sum(c > 1 for c in count.values())}; {count.most_common(30)}")


if __name__ == "__main__":
    main()
