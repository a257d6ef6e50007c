"""The trainer's side of evenkeel's protocol: events out on standard output, orders in from the environment."""
import hashlib, json, os, shutil, signal, sys, threading

orders = json.loads(os.environ["EVENKEEL_TRAINER"])
stopping = threading.Event()  # set when we have to save and stop: look at it after each step
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
# Our input ends when the supervisor is gone: save and stop, somebody will start us again.
threading.Thread(target=lambda: (sys.stdin.read(), stopping.set()), daemon=True).start()

def emit(t, **event):
    try:
        os.write(1, (json.dumps({"t": t, **event}) + "\n").encode())
    except BrokenPipeError:
        stopping.set()

def skips(step):
    return any(s["from"] <= step <= s["to"] for s in orders["skip"])

def sync(path):
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)

def checkpoint(step, write):
    """`write(dir)` fills a directory; it becomes the checkpoint of `step` whole or not at all."""
    final = os.path.join(orders["checkpoints"], f"step-{step:08d}")
    if not os.path.exists(final):
        tmp = os.path.join(orders["checkpoints"], f".tmp-{os.getpid()}-{step}")
        shutil.rmtree(tmp, ignore_errors=True)
        os.makedirs(tmp)
        write(tmp)
        files = []
        for name in sorted(os.listdir(tmp)):
            sync(os.path.join(tmp, name))
            data = open(os.path.join(tmp, name), "rb").read()
            files.append({"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        with open(os.path.join(tmp, "MANIFEST.json"), "w") as manifest:  # last: without it, it is no checkpoint
            json.dump({"format": 1, "step": step, "files": files}, manifest)
            manifest.flush()
            os.fsync(manifest.fileno())
        sync(tmp)
        os.rename(tmp, final)
        sync(orders["checkpoints"])
    emit("checkpoint", step=step, path=final)
