"""The labelers that ask a model: what was done, whether that is so, and how well it was done."""

from labelers.askers.behaviour import BehaviourTagger as BehaviourTagger
from labelers.askers.critic import InstructionCritic as InstructionCritic
from labelers.askers.handbook import HandbookNamer as HandbookNamer
from labelers.askers.hindsight import HindsightSynthesizer as HindsightSynthesizer
from labelers.askers.overthinking import OverthinkingJudge as OverthinkingJudge
from labelers.askers.pairwise import PairwiseJudge as PairwiseJudge
from labelers.askers.reward import RewardJudge as RewardJudge
from labelers.askers.safety import SafetyJudge as SafetyJudge
from labelers.askers.synthesis import TaskSynthesizer as TaskSynthesizer
from labelers.askers.thoughts import ThoughtWriter as ThoughtWriter
from labelers.askers.variants import TaskRephraser as TaskRephraser
from labelers.askers.verify import StepVerifier as StepVerifier
