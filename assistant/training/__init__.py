"""Learning to review: practice charts, exams, what was right and wrong in them, and when to see them again."""
