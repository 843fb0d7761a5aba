"""A small byte-pair vocabulary in CLIP's form, learned from the names the objects have.

256 bytes, the same at a word's end (`</w>`), the learned merges, then the start and end tokens: the end token has the largest id,
which is where the text models read their output. Id 0 is "!", the padding OWL-ViT expects.
"""

from collections import Counter

from transformers import CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
LENGTH = 16  # tokens of a text, at most


def byte_symbols():
    """The printable character that stands for each byte, in CLIP's order: printable bytes first."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]


def learn(texts, merges):
    """Up to `merges` merges, the most frequent pair first; ties by the pair's letters, so that a corpus gives one vocabulary."""
    counts = Counter(word for text in texts for word in text.lower().split())
    spelled = {word: [*word[:-1], word[-1] + "</w>"] for word in counts}
    learned = []
    while len(learned) < merges:
        pairs = Counter()
        for word, symbols in spelled.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += counts[word]
        if not pairs:
            break
        (a, b), most = min(pairs.items(), key=lambda item: (-item[1], item[0]))
        if most < 2:
            break
        learned.append((a, b))
        for word, symbols in spelled.items():
            out, i = [], 0
            while i < len(symbols):
                if i + 1 < len(symbols) and symbols[i] == a and symbols[i + 1] == b:
                    out.append(a + b)
                    i += 2
                else:
                    out.append(symbols[i])
                    i += 1
            spelled[word] = out
    return learned


def tokenizer(texts, merges=2500, longest=LENGTH, pad="!"):
    learned = learn(texts, merges)
    symbols = byte_symbols()
    symbols += [symbol + "</w>" for symbol in symbols] + [a + b for a, b in learned]
    symbols = list(dict.fromkeys(symbols)) + [START, END]
    vocabulary = {symbol: i for i, symbol in enumerate(symbols)}
    return CLIPTokenizer(
        vocab=vocabulary, merges=learned, unk_token=END, bos_token=START, eos_token=END, pad_token=pad, model_max_length=longest
    )  # fmt: skip


def check(tokenizer, texts, folder):
    """Saved and opened again it says the same, and a text comes back from its ids."""
    tokenizer.save_pretrained(folder)
    again = CLIPTokenizer.from_pretrained(folder)
    for text in texts:
        ids = tokenizer(text)["input_ids"]
        assert ids == again(text)["input_ids"], text
        assert ids[0] == tokenizer.bos_token_id and ids[-1] == tokenizer.eos_token_id == max(ids), text
        assert again.decode(ids, skip_special_tokens=True).strip() == text, (text, again.decode(ids, skip_special_tokens=True))
