"""What will train, but badly: says it in sentences with the lines, from what was counted; looks at no text itself.

Why it matters is from OpenAI's guides: balance and diversity, agreement between examples, the prompt of production,
enough examples, and the safety tests after training.
"""
