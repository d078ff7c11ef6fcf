"""Configurations from elsewhere: recognised by what they hold, converted, and shown before anything is changed."""
