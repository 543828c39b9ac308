"""Families of models: those of one maker learn from the same data, and err alike."""

import re

FAMILIES = (
    ("openai", r"gpt|chatgpt|o\d|text-davinci|codex"),
    ("anthropic", r"claude"),
    ("google", r"gemini|gemma|paligemma"),
    ("qwen", r"qwen|qwq|qvq"),
    ("deepseek", r"deepseek"),
    ("mistral", r"mistral|mixtral|ministral|magistral|pixtral|codestral|devstral"),
    ("meta", r"(?:meta-)?llama"),
    ("internlm", r"intern"),
    ("zhipu", r"glm|chatglm|cogvlm|cogagent|autoglm"),
    ("bytedance", r"ui-tars|seed|doubao"),
    ("moonshot", r"kimi|moonshot"),
    ("microsoft", r"phi|fara|florence"),
    ("allenai", r"olmo|molmo"),
    ("xai", r"grok"),
    ("cohere", r"command|aya"),
    ("openbmb", r"minicpm"),
    ("amazon", r"nova"),
    ("nvidia", r"nemotron|nvlm"),
)
"""A family, and how the names of its models begin; the first that fits counts."""

_COMPILED = tuple((family, re.compile(names)) for family, names in FAMILIES)
_LETTERS = re.compile(r"[^\W\d_]+")


def family_of(labeler: str) -> str:
    """The family of a labeler, by its name: the maker of the model that stands after the `/`.

    A model that the table does not know is of the family of the letters that its name begins with. A labeler without
    a model, such as `rules`, is a family of its own.
    """
    kind, slash, model = labeler.partition("/")
    if not slash:
        return kind
    name = model.casefold().removeprefix("ft:").rpartition("/")[2]
    for family, names in _COMPILED:
        if names.match(name):
            return family
    letters = _LETTERS.match(name)
    return letters[0] if letters else name
