"""Texts of every kind, and the ids transformers' tokenizer gives them."""

import json
import random

import torch
from transformers import CLIPTokenizer

RANGES = [
    (0x20, 0x7F), (0xA1, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700), (0x900, 0xE00), (0x10A0, 0x1100), (0x1E00, 0x2000), (0x2010, 0x2028),
    (0x20A0, 0x2400), (0x2600, 0x27C0), (0x3041, 0x3100), (0x4E00, 0x9FA0), (0xAC00, 0xD7A0), (0xFB00, 0xFB07), (0xFF01, 0xFFE0), (0x1F300, 0x1F650),
]


def scattered(count, seed=0):
    """Words from all over Unicode, the same every time."""
    chance = random.Random(seed)

    def word():
        low, high = chance.choice(RANGES)
        return "".join(chr(chance.randrange(low, high)) for _ in range(chance.randrange(1, 9)))

    return [" ".join(word() for _ in range(chance.randrange(1, 6))).strip() for _ in range(count)]


ODD = [
    "cat", "CAT", "a photo of a cat.", "it's they're we've I'm he'll she'd can't 'tis", "10 000 cats, 3.14 and ½ of ¾", "x=y=z", "--text", "#1!!! ???",
    "<|startoftext|> inside <|endoftext|> the text", "&lt;b&gt;Tom &amp; Jerry&lt;/b&gt; &#39;quoted&#39;", "tabs\tand\nlines\r\nand   spaces",
    "no\u00a0break, thin\u2009space, ideographic\u3000space, zero\u200bwidth, soft\u00adhyphen, mark\ufeffhere", "café cafe\u0301 CAFÉ", "Straße STRASSE ẞ ß",
    "İstanbul ISTANBUL ıi", "ΣΊΣΥΦΟΣ σίσυφος ς", "ǅ Ǆ ǆ ﬁ ﬂ ﬀ", "Å Å Å", "각 각 한국어", "日本語のテキスト、全角ＡＢＣ１２３", "中文字符。", "русский ТЕКСТ ёЁ",
    "עברית עם נִקּוּד", "العَرَبِيَّة ١٢٣", "हिन्दी क्षत्रिय", "ไทยไม่มีช่องว่าง", "😀 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 1️⃣", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟙𝟚𝟛", "Ⅷ ⅷ ① ² ₂", "a_b-c/d\\e|f~g`h^i",
    "€ £ ¥ ₿ ™ © ®", "… — – ‘single’ “double” «guillemets»", "e\u0301\u0302\u0323 stacked", "\u0301 lone mark", "supercalifragilisticexpialidocious",
    "Donaudampfschifffahrtsgesellschaftskapitän", "x" * 300, "word " * 200, "0123456789" * 12, "!" * 100, "𓀀𓀁 𒀀", "\U000e0041\ue000 private", "a" + "\u0308" * 40,
] + scattered(150)


def ids(folder, texts):
    """[P, L]: cut at the model's length with the end token kept, filled to it."""
    config = json.loads((folder / "config.json").read_text())
    length = config.get("text_config", {}).get("max_position_embeddings", 16 if config["model_type"].startswith("owl") else 77)
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    return tokenizer(texts, padding="max_length", truncation=True, max_length=length, return_tensors="pt")["input_ids"]


def judge_ids(judge, found, expected, folder, texts=None):
    """Ours may stop at the longest text; what transformers has beyond that must be filling."""
    if found is not None and found.ndim == 2 and found.shape[1] < expected.shape[1]:
        rest, width = expected[:, found.shape[1] :], found.shape[1]
        filling = CLIPTokenizer.from_pretrained(folder).pad_token_id
        judge(f"input_ids: nothing but filling beyond {width}", bool((rest == filling).all()))
        expected = expected[:, :width]
    name = "input_ids" if texts is None else f"input_ids of {len(texts)} odd texts"
    if not judge.same(name, found, expected) and texts is not None and found is not None and found.shape == expected.shape:
        for row in torch.nonzero((found != expected).any(1)).flatten().tolist()[:8]:
            place = int((found[row] != expected[row]).nonzero()[0])
            around = slice(max(0, place - 3), place + 5)
            print(f"       {texts[row][:60]!r}, from {around.start}: {found[row, around].long().tolist()} for {expected[row, around].tolist()}")
