# The gate before each start is the real one.
__path__.append("/usr/lib/python3/dist-packages/tgcfd/runner")
