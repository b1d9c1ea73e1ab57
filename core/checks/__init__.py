"""Pure judgement: facts in, findings out."""
