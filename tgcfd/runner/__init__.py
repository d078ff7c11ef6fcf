"""The program inside a worker: runs the real, unmodified tgcf for one person.

Stands alone: nothing here imports the rest of tgcfd. What a supervisor may rely on is written down in
``__main__`` (how it is started), ``reasons`` (exit codes), ``state`` (worker.json) and ``notify`` (sd_notify).
"""
