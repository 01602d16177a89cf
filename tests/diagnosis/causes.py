def write(out, keys, spares):
    pass
