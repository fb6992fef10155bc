"""Understanding an enrolment mail written in somebody's own words: pure, bounded, and never guessing.

`understand(text, blocks, labels, synonyms) -> Said`; what was understood is always said back to the writer.
"""

from relaybot.prose.understanding import Said, understand

__all__ = ["Said", "understand"]
