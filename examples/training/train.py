"""A small network in numpy that can be killed at any moment: resumed, it ends byte for byte as if it never had been."""
import json, os, sys, time
import numpy as np
from client import checkpoint, emit, orders, skips, stopping

settings = {"steps": 400, "seed": 7, "batch": 32, "hidden": 32, "stepMs": 0, "poison": -1, "nan": -1, "hang": -1}
settings.update(json.loads(sys.argv[1]) if len(sys.argv) > 1 else {})
steps, batch = settings["steps"], settings["batch"]

def rings(seed, n):
    """Two classes that no line divides."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    angle = rng.uniform(0, 2 * np.pi, n)
    radius = 1 + label + 0.25 * rng.standard_normal(n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1), label.astype(float)

X, Y = rings(settings["seed"], 2048)
held_x, held_y = rings(settings["seed"] + 1, 20000)

rng = np.random.default_rng(settings["seed"] + 2)
shapes = {"w1": (2, settings["hidden"]), "b1": (settings["hidden"],), "w2": (settings["hidden"],), "b2": ()}
state = {name: np.array(rng.standard_normal(shape) * (0.5 if name[0] == "w" else 0)) for name, shape in shapes.items()}
momentum = {name: np.zeros(shape) for name, shape in shapes.items()}
order = rng.permutation(len(X))
step = 0

if orders["resume"] is not None:
    saved = np.load(os.path.join(orders["resume"]["path"], "state.npz"))
    state = {name: saved[name] for name in shapes}
    momentum = {name: saved[f"m_{name}"] for name in shapes}
    order = saved["order"]
    # Step and data position, and the random numbers: dropout and shuffling go on where they were.
    info = json.load(open(os.path.join(orders["resume"]["path"], "position.json")))
    step, rng.bit_generator.state = info["step"], info["rng"]

def save(directory):
    np.savez(os.path.join(directory, "state.npz"), order=order, **state, **{f"m_{k}": v for k, v in momentum.items()})
    with open(os.path.join(directory, "position.json"), "w") as out:
        json.dump({"step": step, "rng": rng.bit_generator.state}, out)

def predict(x):
    hidden = np.maximum(0, x @ state["w1"] + state["b1"])
    return 1 / (1 + np.exp(-np.clip(hidden @ state["w2"] + state["b2"], -500, 500)))

def validate():
    began = time.perf_counter()
    p = predict(held_x)
    ms = (time.perf_counter() - began) * 1000
    right = (p > 0.5) == (held_y > 0.5)
    inner = held_y < 0.5
    of = lambda mask: {"accuracy": {"value": float(right[mask].mean()), "n": int(mask.sum())}}
    emit("validation", step=step, metrics={**of(np.ones_like(inner)), "latency_ms": ms},
         segments={"inner": of(inner), "outer": of(~inner)})

def train(x, y):
    rate = 0.2 * 0.5 * (1 + np.cos(np.pi * step / steps))  # the schedule follows the step
    hidden = np.maximum(0, x @ state["w1"] + state["b1"])
    kept = hidden * (rng.random(hidden.shape) > 0.1) / 0.9
    p = 1 / (1 + np.exp(-np.clip(kept @ state["w2"] + state["b2"], -500, 500)))
    q = np.clip(p, 1e-3, 1 - 1e-3)
    loss = float(-(y * np.log(q) + (1 - y) * np.log(1 - q)).mean())
    error = (p - y) / len(y)
    back = np.outer(error, state["w2"]) * (hidden > 0)
    gradient = {"w2": kept.T @ error, "b2": error.sum(), "w1": x.T @ back, "b1": back.sum(0)}
    for name in shapes:
        momentum[name] = 0.9 * momentum[name] + gradient[name]
        state[name] = state[name] - rate * momentum[name]
    return loss, float(np.sqrt(sum((g ** 2).sum() for g in gradient.values())))

emit("start", step=step, totalSteps=steps, pid=os.getpid())
if orders["validateFirst"]:
    validate()
per_epoch = len(X) // batch
while step < steps and not stopping.is_set():
    if step % per_epoch == 0:
        order = rng.permutation(len(X))
    rows = order[(step % per_epoch) * batch:][:batch]
    if not skips(step):
        x, y = X[rows], Y[rows]
        if step == settings["poison"]:  # one row of garbage, labelled wrong: the loss looks ordinary, the gradient does not
            x[0] *= 1e30
            y[0] = float(predict(x[:1])[0] < 0.5)
        if step == settings["nan"]:
            x = x * np.nan
        if step == settings["hang"] and orders["attempt"] == 1:
            time.sleep(3600)
        loss, gnorm = train(x, y)
        emit("step", step=step, loss=loss, gnorm=gnorm)
        if settings["stepMs"]:
            time.sleep(settings["stepMs"] / 1000)
    step += 1
    if step % orders["checkpointEvery"] == 0:
        checkpoint(step, save)
        number = step // orders["checkpointEvery"]
        if orders["validateEvery"] and number % orders["validateEvery"] == 0 and step < steps:
            validate()

checkpoint(step, save)
if step < steps:
    emit("stopped", step=step)
    sys.exit(143)
validate()
emit("done", step=step)
