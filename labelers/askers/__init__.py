"""The labelers that ask a model: reverse task synthesis, the step verifier, the trajectory reward."""

from labelers.askers.behaviour import BehaviourTagger as BehaviourTagger
from labelers.askers.handbook import HandbookNamer as HandbookNamer
from labelers.askers.overthinking import OverthinkingJudge as OverthinkingJudge
from labelers.askers.pairwise import PairwiseJudge as PairwiseJudge
from labelers.askers.reward import RewardJudge as RewardJudge
from labelers.askers.safety import SafetyJudge as SafetyJudge
from labelers.askers.synthesis import TaskSynthesizer as TaskSynthesizer
from labelers.askers.verify import StepVerifier as StepVerifier
