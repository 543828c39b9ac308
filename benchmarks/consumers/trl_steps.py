"""TRL's own trainers over a dataset, some steps with a tiny model: `python trl_steps.py FORMAT DATASET STEPS`.

Runs in the environment of the consumers, without Hindtrace. Prints a line of JSON.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TRL_EXPERIMENTAL_SILENCE="1", WANDB_DISABLED="true")
sys.path.insert(0, str(Path(__file__).parent))


def main(form: str, folder: str, steps: int) -> dict[str, Any]:
    """Trains, and says what the losses were."""
    import datasets
    import tiny
    import trl

    datasets.disable_progress_bars()
    rows = datasets.load_dataset(folder, split="train")
    few = rows.select(range(min(len(rows), 24)))
    model, words = tiny.loaded(Path(folder).parent / f".{form}-model")
    shared = {
        "output_dir": str(Path(folder).parent / f".{form}-trained"),
        "max_steps": steps,
        "per_device_train_batch_size": 2,
        "logging_steps": 1,
        "report_to": "none",
        "save_strategy": "no",
        "use_cpu": True,
        "bf16": False,
        "learning_rate": 1e-3,
        "disable_tqdm": True,
        "gradient_checkpointing": False,
    }
    given = {"model": model, "train_dataset": few, "processing_class": words}
    if form == "trl-sft":
        trainer = trl.SFTTrainer(args=trl.SFTConfig(**shared, max_length=None), **given)
    elif form == "trl-kto":
        trainer = trl.KTOTrainer(args=trl.KTOConfig(**shared, max_length=None), **given)
    elif form == "trl-dpo":
        trainer = trl.DPOTrainer(args=trl.DPOConfig(**shared, max_length=None), **given)
    else:
        sys.path.insert(0, folder)
        from reward import step_reward

        more = {"num_generations": 2, "max_completion_length": 16}
        trainer = trl.GRPOTrainer(args=trl.GRPOConfig(**shared, **more), reward_funcs=step_reward, **given)
    trainer.train()
    losses = [round(entry["loss"], 4) for entry in trainer.state.log_history if "loss" in entry]
    return {"rows": len(rows), "steps": trainer.state.global_step, "losses": losses, "trl": trl.__version__}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
