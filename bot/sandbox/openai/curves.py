"""The loss curves of a simulated training: pure functions of the data, the hyperparameters and the step.

A run starts at a level given by how hard the data is to foresee, falls exponentially with the epochs seen and never
below a floor; validation follows at a distance and turns up again when a small file is seen too often. Noise comes
from a hash, so that the same job always draws the same curve.
"""

import hashlib
import math
from dataclasses import dataclass

from bot.sandbox.openai.training_data import Method

_LN2 = math.log(2)  # where the DPO loss starts: the model prefers neither answer


@dataclass(frozen=True, slots=True)
class Curve:
    """One job's curves; `variety` is 0 to 1, `learning_rate` the multiplier, `seed` any whole number."""

    method: Method
    seed: int
    variety: float
    examples: int
    steps_per_epoch: int
    batch: int
    learning_rate: float

    def train_loss(self, step: int) -> float:
        """Training loss of one batch."""
        noise = self._noise("train", step) * 0.12 / math.sqrt(self.batch)
        return round(max(0.0005, self._level(step) * (1 + noise)), 4)

    def valid_loss(self, step: int) -> float:
        """Validation loss of one batch."""
        noise = self._noise("valid", step) * 0.1 / math.sqrt(self.batch)
        return round(max(0.001, self._held_out(step) * (1 + noise)), 4)

    def full_valid_loss(self, step: int) -> float:
        """Validation loss over the whole file."""
        return round(self._held_out(step), 4)

    def accuracy(self, loss: float) -> float:
        """Mean token accuracy (for DPO: the share of pairs put in the right order) that goes with a loss."""
        if self.method == "dpo":
            return round(min(1.0, 0.5 + 0.5 * (1 - min(loss, _LN2) / _LN2)), 4)
        return round(math.exp(-0.45 * loss), 4)

    def reward(self, step: int, tag: str) -> float:
        """Mean reward of a reinforcement job, 0 to 1."""
        return round(min(1.0, max(0.0, 0.85 - 0.5 * self._decay(step) + 0.04 * self._noise(tag, step))), 4)

    def _level(self, step: int) -> float:
        start, floor = self._ends()
        return floor + (start - floor) * self._decay(step)

    def _held_out(self, step: int) -> float:
        epochs = step / self.steps_per_epoch
        gap = 0.12 * self._ends()[0] * (1 - math.exp(-epochs))
        turning = 1.0 + math.log10(max(10, self.examples))  # epochs: a bigger file bears more of them
        over = 0.05 * self._ends()[0] * max(0.0, epochs - turning) * min(2.0, self.learning_rate / 2)
        return self._level(step) + gap + over

    def _ends(self) -> tuple[float, float]:
        if self.method == "dpo":
            return _LN2, 0.04 + 0.3 * self.variety
        start = 0.6 + 3.2 * self.variety
        return start, start * (0.12 + 0.5 * self.variety)

    def _decay(self, step: int) -> float:
        """What is left of the way down, 1 to 0."""
        return math.exp(-1.1 * math.sqrt(self.learning_rate / 2) * step / self.steps_per_epoch)

    def _noise(self, tag: str, step: int) -> float:
        """Close to a normal deviate, always the same for the same step."""
        digest = hashlib.sha256(f"{self.seed}:{tag}:{step}".encode()).digest()
        return (sum(digest[:12]) - 12 * 127.5) / 255
