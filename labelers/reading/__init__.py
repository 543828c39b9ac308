"""Reading what a task asks for from its words alone."""

from labelers.reading.comparing import read_comparison as read_comparison
from labelers.reading.sentences import read as read
from labelers.reading.unread import Unread as Unread
from labelers.reading.utterances import read_utterance as read_utterance
from labelers.reading.vocabulary import Vocabulary as Vocabulary
from labelers.reading.vocabulary import vocabulary_of as vocabulary_of
