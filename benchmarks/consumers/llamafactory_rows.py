"""LLaMA-Factory's own reading of folders of ours: how many rows it keeps. Runs without Hindtrace."""

import json
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", DISABLE_VERSION_CHECK="1")


def main(folders: list[str]) -> dict[str, Any]:
    """Reads each folder's `hindtrace_train`; a row that is dropped has no prompt."""
    from llamafactory.data.loader import _load_single_dataset
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.hparams import DataArguments

    training = SimpleNamespace(
        local_process_index=0,
        process_index=0,
        do_predict=False,
        main_process_first=lambda *_, **__: nullcontext(),
    )
    model = SimpleNamespace(cache_dir=None, hf_hub_token=None, ms_hub_token=None)
    found: dict[str, Any] = {}
    for folder in folders:
        given = DataArguments(dataset_dir=folder, dataset="hindtrace_train", media_dir=folder)
        (entry,) = get_dataset_list(["hindtrace_train"], folder)
        rows = _load_single_dataset(entry, model, given, training)
        kept = [row for row in rows if row["_prompt"] and all(Path(path).is_file() for path in row["_images"])]
        found[Path(folder).name] = [len(rows), len(kept)]
    return found


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
