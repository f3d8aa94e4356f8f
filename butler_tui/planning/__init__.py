"""Planning: goals become plans, by a model, by a recipe, or by the person's own text."""
