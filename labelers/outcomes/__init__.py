"""Whether a goal was met: its sentence read as what it asks for, and held against what was seen."""
