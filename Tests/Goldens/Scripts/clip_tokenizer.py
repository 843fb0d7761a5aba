"""Writes Tests/Goldens/CLIP/tokenizer: CLIP's own merges, and transformers' ids of 2,600 texts of every kind.

Made with: python 3.11, transformers 5.23.0, tokenizers 0.23.3, open-clip-torch 3.3.0 (for its bpe_simple_vocab_16e6.txt.gz alone).
Run from the package root:  python Tests/Goldens/Scripts/clip_tokenizer.py FOLDER/open_clip/bpe_simple_vocab_16e6.txt.gz

`merges.txt` is the whole vocabulary: vocab.json follows from it, here as in the test. `texts.json` holds {"text", "ids"}, and "owl" where a model
whose padding token is "!" has other ids. The merges are OpenAI's (see LICENSE.txt beside them).
"""

import gzip
import json
import pathlib
import random
import sys
import tempfile
import unicodedata

from transformers import CLIPTokenizer

OUT = pathlib.Path(__file__).parent.parent / "CLIP" / "tokenizer"
START, END = "<|startoftext|>", "<|endoftext|>"


def vocabulary(merges):
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in printed]
    symbols = [chr(b) for b in printed] + [chr(256 + i) for i in range(len(rest))]
    words = symbols + [s + "</w>" for s in symbols] + ["".join(m.split()) for m in merges] + [START, END]
    return {word: i for i, word in enumerate(words)}


HAND = """a photo of a cat|A Photo Of A CAT.|two dogs, one ball!|it's what they've said: we'll don't can't I'm he'd you're|IT'S THEY'VE WE'LL|'s|'t|'re|''s|a'b'c|'ship 'tis 'mid
1234567890|3.14159|1,000,000 items|2nd floor, room 4b|x2y3z4|v1.2.3-rc.4|50% off|$19.99|£5 €10 ¥300|#hashtag @user|user@example.org|https://example.org/a?b=c&d=e#f
&amp; &lt;b&gt; &quot;quoted&quot; &#39;single&#39; &eacute; &nbsp;|<b>bold</b><br/>|C:\\Users\\me|~/.bashrc|foo_bar-baz|a--b---c|...|…|?!?!|(parentheses) [brackets] {braces}
café|cafe\u0301|naïve façade|Ångström Å \u212b A\u030a|ﬁ ﬂ ﬀ ligatures|ß ẞ STRASSE straße|İstanbul ISTANBUL ı I i\u0307|ΣΑΣ Σ σ ς ΟΔΥΣΣΕΥΣ|ǅ ǆ Ǆ|K (kelvin) Ω (ohm)|ŉ ǰ ΐ
é\u0323|e\u0323\u0301|e\u0301\u0323|q\u0307\u0323|q\u0323\u0307|\u1e0d\u0307|ạ̈̂|한국어|\u1112\u1161\u11ab|\u1112\u1161|각\u11a8|日本語のテキスト|中文字符，標點。|漢字\uf900\ufa0e\U0002f800|ガギグ|カ\u3099|ｶﾞ|Ｆｕｌｌ　ｗｉｄｔｈ
العربية مرحبا|\u0627\u0653 \u0622|עברית שלום|\ufb2a \u05e9\u05c1|हिन्दी नमस्ते|\u0958 \u0915\u093c|ไทยภาษา|தமிழ்|\u0bc6\u0bbe \u0bca|বাংলা|ქართული Ⴀ ა|Ꭰ ꭰ Ᏸ|Ⅷ ⅷ ½ ② ⑩ ٣ ५ 〇|𝒜𝓑𝟙𝟚|Ⓐ ⓐ
🐶|a 🐕 dog|👩‍👩‍👧‍👦 family|👍🏽 👍|🇩🇪🇫🇷|❤️ ❤|1️⃣ #️⃣|☃️☃|🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f|😀😀😀|🤷‍♀️
tab\tand\nnewline\r\nand\x0bvt\x0cff|\x85nel\xa0nbsp\u1680\u2000\u2003\u2028ls\u2029ps\u202f\u205f\u3000end|zero\u200bwidth\u200cnon\u200djoiner\ufeffbom\u2060|a\x1cb\x1db\x1eb\x1fb|a\x00b|\x01\x02\x7f\x80\x9f|soft\xadhyphen
  leading|trailing  |   |a    b|\t\n||<|endoftext|>|a<|endoftext|>b|<|startoftext|>|<|startoftext|> dog <|endoftext|>|<|ENDOFTEXT|>|<|StartOfText|>!!|!<|endoftext|>|<|ENDOFTEXT|>!!|!<|ENDOFTEXT|>|<|endoftext|>!!|<|endoftext|><|endoftext|>|<|endoftext|<|endof text|>|<||>
!|!!|dog!|! dog|a!b!!c|wow!!!|</w>|a</w>b|Ġ|Ġdog|Ċ|don’t it’s|“quotes” ‘single’ «guillemets» „low“|em—dash en–dash|×÷±≠≤≥∞|→←↑↓|©®™|a\u0300\u0301\u0302\u0303\u0304|\u0300|\u0301a|\ufdfa|\ufffd|\U0010ffff|\ue000|\U000f0000
antidisestablishmentarianism|pneumonoultramicroscopicsilicovolcanoconiosis|supercalifragilisticexpialidocious|qwertyuiopasdfghjklzxcvbnm|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|zzzzzzzzzzzzzzzzz|hahahahahahahaha|mississippi|MiXeD cAsE WoRdS|camelCaseWords|snake_case_words"""

WORDS = """the a of and dog cat red large photo picture street night small woman man children house tree car it's don't we'll I'm they've you're he'd
can't O'Neil 'quoted' rock'n'roll 1980s 42 007 3d 4K 100% $5 café naïve Zürich Москва Київ Ελλάδα Σίσυφος 東京 北京市 서울 القاهرة ירושלים मुंबई
กรุงเทพ İzmir straße ẞ œuvre æther ñandú Łódź Đà Nẵng Việt 🐶 🎉 👨‍👩‍👧 ❤️ 🇯🇵 &amp; &lt;br&gt; <b> </b> http://a.b/c?d=e foo@bar.com #tag @me ... -- !!
?! ( ) [ ] { } | \\ / ~ ^ ` " ' , . ; : _ = + * % $ # @ ! <|endoftext|> <|STARTOFTEXT|> e\u0301 o\u0308\u0304 \u200b \u00a0 \u3000 ½ Ⅳ ٤ x² H₂O ﬁne
supermarket blueberries photosynthesis internationalization skateboarder unbelievable counterrevolutionary""".split()


def texts():
    rng = random.Random(11)
    found = [text for line in HAND.split("\n") for text in line.split("|")] + HAND.split("\n")
    # Every kind of character between letters, beside a digit, alone, and as the base of an accent.
    scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) not in ("Cn", "Co")]
    frequent = [c for c in scalars if c < 0x3100]
    for c in rng.sample(frequent, 700) + rng.sample([c for c in scalars if c >= 0x3100], 250):
        found.append(rng.choice(["a{0}b", "{0}", "{0}1{0}", "X{0}{0} {0}\u0301", "{0}'s", "{0}\u0323{0}\u0308"]).format(chr(c)))
    for _ in range(900):
        separators = rng.choice([[" "], [" ", ""], [" ", "  ", "\t", "\n", ", ", "-", "", "'"]])
        words = [rng.choice(WORDS) for _ in range(rng.randint(1, 14))]
        words = [rng.choice([w, w, w, w.upper(), w.capitalize(), unicodedata.normalize("NFD", w)]) for w in words]
        found.append("".join(w + rng.choice(separators) for w in words))
    for _ in range(350):
        found.append("".join(rng.choice("abcdefghijklmnopqrstuvwxyzABCDEF'0123 .-\u0301éß<|>") for _ in range(rng.randint(1, 40))))
    for _ in range(100):
        found.append("".join(chr(rng.choice(scalars)) for _ in range(rng.randint(1, 12))))
    found += [" ".join(rng.choice(WORDS) for _ in range(400)), "ab" * 700, "é" * 300, "1" * 200, "!" * 300, "a photo of a dog, " * 30]
    return list(dict.fromkeys(found))


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    lines = gzip.open(sys.argv[1]).read().decode().split("\n")
    merges = lines[1 : 49152 - 256 - 2 + 1]
    (OUT / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "merges.txt").write_bytes((OUT / "merges.txt").read_bytes())
        (folder / "vocab.json").write_text(json.dumps(vocabulary(merges)))
        clip = CLIPTokenizer.from_pretrained(folder)
        (folder / "tokenizer_config.json").write_text(json.dumps({"pad_token": "!"}))
        owl = CLIPTokenizer.from_pretrained(folder)
    rows = []
    for text in texts():
        row = {"text": text, "ids": clip(text)["input_ids"]}
        if owl(text)["input_ids"] != row["ids"]:
            row["owl"] = owl(text)["input_ids"]
        rows.append(row)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    (OUT / "texts.json").write_text("[\n" + lines + "\n]\n", encoding="utf-8")
    print(len(rows), "texts,", sum("owl" in row for row in rows), "other for owl", *((f.name, f.stat().st_size) for f in OUT.iterdir()))


if __name__ == "__main__":
    main()
