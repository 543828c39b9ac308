"""Words of pages that a model or a trainer would take for a control token are broken by a space: `<|im_end|>`."""

import re
from collections.abc import Mapping
from typing import Any

_NAMES = (
    # turns and texts: Llama 2 and Mistral, Gemma, Phi, GLM, T5
    r"s|[be]o[stpd]|unk|pad|mask|sep|cls|(?:start|end)_of_(?:turn|utterance)|sop"
    # pictures, sounds and places: LLaVA and the trainers, Idefics, InternVL, Gemma, Qwen-VL, PaliGemma
    r"|images?|video|audio|img|img_context|image_soft_token|(?:start|end)_of_image|fake_token_around_image|global-img"
    r"|row_break|image_newline|(?:im|image|video)_(?:start|end|patch|pad)|bbox|ref-object|ref|box|quad|point"
    # what is thought, called and answered
    r"|tools?|tool_(?:calls?|response|result)s?|think|thought|reasoning|answer"
)
_SIGNS = (
    r"<(?=[|\uff5c])",  # <|im_end|>, <|eot_id|>, <|image_1|>, and DeepSeek's with wide bars
    rf"<(?=/?(?:{_NAMES})>)",
    r"<(?=(?:unused|loc|seg|extra_id_|reserved_|special_|row_|image_?|img_?)\d[\w-]*>)",
    r"<(?=</?SYS>>)",
    r"\[(?=/?(?:INST|IMG|IMG_BREAK|IMG_END|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|[gs]?MASK|CLS|SEP|PAD|UNK)\])",
)
_SIGN = re.compile("|".join(_SIGNS), re.IGNORECASE)


def harmless(value: Any) -> Any:
    """A text, or what holds texts, without the control tokens of any family of models.

    The same text comes out as the same text wherever it stands, in a prompt and in what a reward compares.
    """
    if isinstance(value, str):
        return _SIGN.sub(lambda sign: sign[0] + " ", value)
    if isinstance(value, Mapping):
        return {name: harmless(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [harmless(each) for each in value]
    return value
