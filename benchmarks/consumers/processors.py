"""The real processors of `transformers` beside the rules of `pipelines.export.geometry`: `python processors.py FILE`.

FILE is JSON of cases: the rule, the recorded size, the size shown and a place in it. Each picture is blank but for a
dark box; what the processor gives is put together again, and the place must be in the box.
"""

import json
import sys
from pathlib import Path
from typing import Any


def main(cases: list[dict[str, Any]]) -> dict[str, Any]:
    """Runs the processor of each case, and says where its size or the place is not as it was computed."""
    import numpy as np
    import transformers
    from PIL import Image
    from transformers import Qwen2VLImageProcessor

    wrong = []
    for case in cases:
        factor = case["factor"]
        size = {"shortest_edge": case["least"], "longest_edge": case["most"]}
        processor = Qwen2VLImageProcessor(size=size, patch_size=factor // 2, do_normalize=False, do_rescale=False)
        picture = Image.new("RGB", tuple(case["recorded"]), "white")
        left, top, right, bottom = case["box"]
        picture.paste((0, 0, 0), (round(left), round(top), round(right), round(bottom)))
        if case["resized"]:
            picture = picture.resize(tuple(case["shown"]), Image.Resampling.BICUBIC)
        made = processor(images=[picture], return_tensors="np")
        _, high, wide = (int(each) for each in made["image_grid_thw"][0])
        seen = (wide * factor // 2, high * factor // 2)
        if seen != tuple(case["shown"]):
            wrong.append({**case, "found": seen})
            continue
        patches = np.asarray(made["pixel_values"]).reshape(high // 2, wide // 2, 2, 2, 3, 2, factor // 2, factor // 2)
        image = patches[:, :, :, :, 0, 0].transpose(0, 2, 4, 1, 3, 5).reshape(seen[1], seen[0])
        x, y = (min(round(each), far - 1) for each, far in zip(case["place"], seen, strict=True))
        if image[y, x] > 128:
            wrong.append({**case, "found": float(image[y, x])})
    return {"cases": len(cases), "wrong": wrong, "transformers": transformers.__version__}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
