"""Equipment that can be scheduled: what each kind can do, does usually, and costs."""
