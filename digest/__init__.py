"""Turns a day's stored articles into one email of verified key points, and sends it once to each subscriber."""
