"""What every training script here shares: checkpoints, pausing, averaged weights, schedule, the log."""

import itertools
import json
import math
import os
import queue
import signal
import threading
import time
from pathlib import Path

import torch


def save_atomically(value, path: Path):
    """Writes beside the file, then renames: a reader or a restart sees the old one or the new one, never half."""
    partial = path.with_name(path.name + ".part")
    with open(partial, "wb") as out:
        torch.save(value, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(partial, path)


class Run:
    """A run's folder: checkpoint.pt, log.jsonl, pid; and the three signals it answers.

    SIGUSR1 pauses and resumes; a file PAUSE in the run's folder or the one above pauses while it exists; SIGTERM and SIGINT
    write a checkpoint after the step at hand and end the run.
    """

    def __init__(self, folder: Path, checkpoint_minutes: float):
        self.folder, self.every = folder, checkpoint_minutes * 60
        folder.mkdir(parents=True, exist_ok=True)
        self.stopping, self.paused, self.saved = False, False, time.monotonic()
        self.checkpoint = folder / "checkpoint.pt"

    def listen(self):
        (self.folder / "pid").write_text(f"{os.getpid()}\n")
        signal.signal(signal.SIGUSR1, self.toggle)
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)

    def toggle(self, *_):
        self.paused = not self.paused

    def stop(self, *_):
        self.stopping = True

    def wait_while_paused(self):
        """Returns the seconds waited."""
        began, told = time.monotonic(), False
        while not self.stopping and (self.paused or any((f / "PAUSE").exists() for f in (self.folder, self.folder.parent))):
            if not told:
                print("paused", flush=True)
                told = True
            time.sleep(1)
        return time.monotonic() - began

    def due(self):
        return self.stopping or time.monotonic() - self.saved > self.every

    def save(self, state):
        save_atomically(state, self.checkpoint)
        self.saved = time.monotonic()

    def load(self):
        return torch.load(self.checkpoint, map_location="cpu", weights_only=True) if self.checkpoint.exists() else None

    def log(self, **values):
        line = json.dumps({name: round(value, 5) if isinstance(value, float) else value for name, value in values.items()})
        print(line, flush=True)
        with open(self.folder / "log.jsonl", "a") as out:
            out.write(line + "\n")


class Average:
    """An exponential moving average of a state dict's floating-point tensors, warmed up over the first steps."""

    def __init__(self, model, decay=0.999):
        self.decay, self.names = decay, [name for name, p in model.named_parameters() if p.requires_grad]
        self.values = {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}

    @torch.no_grad()
    def update(self, model, step):
        decay = min(self.decay, (1 + step) / (10 + step))
        current = dict(model.named_parameters())
        torch._foreach_lerp_(list(self.values.values()), [current[name] for name in self.values], 1 - decay)

    def state(self, model):
        """The model's whole state dict with the averaged values in it."""
        return {name: self.values.get(name, value).detach().clone() for name, value in model.state_dict().items()}


def optimiser(model, rate, decay=0.05, betas=(0.9, 0.98), only=lambda name: True):
    """Of the parameters that `only` takes: Muon for the layers' matrices, AdamW for all else; no decay on biases, norms, tokens and position tables.

    The tables of names and objects, which serve training alone, learn at a third of the rate: a step says little of most of their rows.
    """
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad and only(name)]
    plain = lambda name, p: p.ndim < 2 or "embed" in name or "token" in name or "rel_pos" in name
    hidden = lambda name, p: p.ndim == 2 and "layers." in name and not name.startswith("decoder.") and not plain(name, p)
    table = lambda name: name.startswith(("name_embedding", "object_head"))
    return Optimiser(
        Muon([p for name, p in named if hidden(name, p)], rate, decay),
        torch.optim.AdamW(
            [
                dict(params=[p for name, p in named if not plain(name, p) and not hidden(name, p) and not table(name)], weight_decay=decay),
                dict(params=[p for name, p in named if plain(name, p) and not table(name)], weight_decay=0.0),
                dict(params=[p for name, p in named if table(name)], weight_decay=0.0, factor=0.3),
            ],
            lr=rate, betas=betas, foreach=True,
        ),
    )  # fmt: skip


class Muon(torch.optim.Optimizer):
    """Momentum whose every step is made orthogonal (Jordan et al. 2024), as large as AdamW's (Liu et al. 2025, Muon is scalable, 2.2)."""

    def __init__(self, parameters, rate, decay, momentum=0.95):
        super().__init__(parameters, dict(lr=rate, weight_decay=decay, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                if p.grad is not None:
                    shapes.setdefault((min(p.shape), max(p.shape)), []).append(p)
            for (_, longest), each in shapes.items():
                for p in each:
                    self.state[p].setdefault("momentum", torch.zeros_like(p))
                gradients, kept = [p.grad for p in each], [self.state[p]["momentum"] for p in each]
                torch._foreach_lerp_(kept, gradients, 1 - group["momentum"])
                ahead = torch._foreach_lerp(gradients, kept, group["momentum"])
                wide = [p.shape[0] <= p.shape[1] for p in each]
                steps = orthogonal(torch.stack([a if w else a.T for a, w in zip(ahead, wide)]))
                steps = [s if w else s.T for s, w in zip(steps, wide)]
                torch._foreach_mul_(each, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(each, steps, alpha=-0.2 * longest**0.5 * group["lr"])


def orthogonal(matrices, steps=5):
    """The nearest matrices with singular values of about one, by Newton and Schulz: [n, rows, columns], rows <= columns."""
    x = matrices.bfloat16()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
    return x.to(matrices.dtype)


class Optimiser:
    """Several optimisers as one."""

    def __init__(self, *parts):
        self.parts = parts

    @property
    def param_groups(self):
        return [group for part in self.parts for group in part.param_groups]

    def step(self):
        for part in self.parts:
            part.step()

    def zero_grad(self, set_to_none=True):
        for part in self.parts:
            part.zero_grad(set_to_none=set_to_none)


def cosine(step, total, warmup, peak, floor=0.01):
    """Linear warm-up, then a cosine from `peak` to `floor`·`peak` at `total`."""
    if step < warmup:
        return peak * (step + 1) / warmup
    share = min(1.0, (step - warmup) / max(1, total - warmup))
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * share)))


def steady(step, total, warmup, peak, decay, floor=0.01):
    """Linear warm-up, `peak`, and over the last `decay` of all steps a line down to `floor`·`peak`: the end can be moved while a run goes on."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * max(floor, min(1.0, (total - step) / max(1, decay * total)))


RUN = 32  # batches in a row from one worker, as they share their scenes


class Feed:
    """Batches made in worker processes, in order: item k depends on the seed and k alone, so a resumed run goes on where it was."""

    def __init__(self, make, start, workers, ahead=4, pinned=False):
        import torch.multiprocessing as mp

        self.context, self.closed, self.pinned = mp.get_context("spawn"), False, pinned
        self.queues, self.workers, self.next = [], [], start
        for worker in range(workers):
            items = self.context.Queue(ahead)
            process = self.context.Process(target=produce, args=(make, start, worker, workers, items), daemon=True)
            process.start()
            self.queues.append(items)
            self.workers.append(process)
        self.ready = queue.Queue(2)
        threading.Thread(target=self.collect, daemon=True).start()

    def collect(self):
        """Takes the batches from the workers in order, beside the training: of a large batch, reading the pipe takes a while."""
        while not self.closed:
            items, process = (each[self.next // RUN % len(self.queues)] for each in (self.queues, self.workers))
            try:
                item = {name: torch.from_numpy(value) for name, value in items.get(timeout=5).items()}
                self.next += 1
            except queue.Empty:
                if process.is_alive():
                    continue
                item = None
            if item and self.pinned:
                item = {name: value.pin_memory() for name, value in item.items()}
            while not self.closed:
                try:
                    self.ready.put(item, timeout=1)
                    break
                except queue.Full:
                    continue

    def __iter__(self):
        while True:
            item = self.ready.get()
            if item is None:
                raise RuntimeError("a composing worker ended; its message is above")
            yield item

    def close(self):
        self.closed = True
        for process in self.workers:
            process.kill()


def produce(make, start, worker, workers, items):
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):  # meant for the run, which ends its workers itself
        signal.signal(each, signal.SIG_IGN)
    torch.set_num_threads(1)
    parent = os.getppid()

    def leave_with_parent():
        while os.getppid() == parent:
            time.sleep(2)
        os._exit(0)

    threading.Thread(target=leave_with_parent, daemon=True).start()
    for index in itertools.count(start):
        if index // RUN % workers == worker:
            items.put(make(index))


# --- a run -----------------------------------------------------------------------------------------------------------


def add_arguments(parser, name, stages, batch, rate, decay=0.0):
    parser.set_defaults(name=name)
    parser.add_argument("--run", type=Path, help=f"the run's folder; default <root>/{name}")
    parser.add_argument("--stages", default=stages, help="picture side (x pictures a step) : steps, one after another")
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--warmup", type=int, default=400)
    parser.add_argument("--decay", type=float, default=decay, help="the rate falls over this last share of the steps; 0: one cosine over all")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1, help="processes that compose scenes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--precision", choices=["bf16", "f32"], default="bf16")
    parser.add_argument("--checkpoint-minutes", type=float, default=4)
    parser.add_argument("--minutes", type=float, help="end after this time instead of the last step; the rate falls to nothing over the time's last part")
    parser.add_argument("--limit", type=int, help="end after this many steps of this start (to try things)")


def parse_stages(text, batch):
    """`128x64:8000,256:6000` → [(side, pictures a step, first step, end step)]."""
    stages, first = [], 0
    for part in text.split(","):
        size, count = part.split(":")
        side, _, own = size.partition("x")
        stages.append((int(side), int(own or batch), first, first + int(count)))
        first += int(count)
    return stages


def train(arguments, build, resized, batches, loss, optimiser=optimiser, apart=lambda name: 0):
    """Trains `build(side)` through the stages, from the run's checkpoint where there is one.

    resized(tensors by parameter name, side) stretches what depends on the picture's side; batches(side, pictures a step)
    makes a picklable callable k → arrays; loss(model, batch, side) → the loss and figures to log. Gradients are clipped among the parameters
    of which `apart` says the same.
    """
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    run = Run(arguments.run or arguments.root / arguments.name, arguments.checkpoint_minutes)
    run.listen()
    stages, device = parse_stages(arguments.stages, arguments.batch), torch.device(arguments.device)
    total, start = stages[-1][3], time.monotonic()
    state, step, done = run.load(), 0, 0
    if state:
        step = state["step"]
        print(f"going on from step {step}", flush=True)
    for side, pictures, _, end in stages:
        if step >= end or run.stopping:
            continue
        model = build(side).to(device)
        if state:
            model.load_state_dict(resized(state["model"], side))
        average, optimise = Average(model), optimiser(model, arguments.rate)
        if state:
            average.values = {name: value.to(device) for name, value in resized(state["average"], side).items()}
            restore(optimise, model, {key: resized(value, side) if key != "step" else value for key, value in state["optimiser"].items()})
            torch.set_rng_state(state["random"])
        model.train()
        kinds = {name: apart(name) for name, _ in model.named_parameters()}
        parts = [[p for name, p in model.named_parameters() if kinds[name] == kind] for kind in sorted(set(kinds.values()))]
        feed = Feed(batches(side, pictures), step, arguments.workers, pinned=device.type == "cuda")
        sums, counted, began, skipped = {}, 0, time.monotonic(), 0
        for batch in feed:
            batch = {name: value.to(device, non_blocking=True) for name, value in batch.items()}
            if arguments.minutes:
                rate = steady(time.monotonic() - start, arguments.minutes * 60, 0, arguments.rate, arguments.decay or 0.25) * min(1, (step + 1) / arguments.warmup)
                run.stopping = run.stopping or time.monotonic() - start > arguments.minutes * 60
            elif arguments.decay:
                rate = steady(step, total, arguments.warmup, arguments.rate, arguments.decay)
            else:
                rate = cosine(step, total, arguments.warmup, arguments.rate)
            for group in optimise.param_groups:
                group["lr"] = rate * group.get("factor", 1)
            value, figures = loss(model, batch, side)
            value.backward()
            norms = [torch.nn.utils.clip_grad_norm_(part, 1.0) for part in parts]
            norm = torch.stack(norms).norm()
            skipped = 0 if torch.isfinite(norm) else skipped + 1
            if skipped > 20:
                raise RuntimeError(f"step {step}: the gradient is not finite, twenty times in a row; the last good checkpoint stands")
            if not skipped:
                optimise.step()
            optimise.zero_grad(set_to_none=True)
            step, done, counted = step + 1, done + 1, counted + 1
            average.update(model, step)
            for name, figure in (figures | dict(loss=value, norm=norm)).items():
                sums.setdefault(name, []).append(figure.detach().float())
            if step % 50 == 0 or done in (1, 10):
                seconds = (time.monotonic() - began) / counted
                run.log(step=step, side=side, seconds=seconds, rate=rate, **{name: float(torch.stack(each).mean()) for name, each in sums.items()})
                sums, counted, began = {}, 0, time.monotonic()
            run.stopping = run.stopping or done == arguments.limit
            began += run.wait_while_paused()
            if run.due() or step >= end:
                state = dict(
                    step=step, side=side, model=model.state_dict(), average=average.values, optimiser=moments(optimise, model),
                    random=torch.get_rng_state(), arguments={name: str(value) for name, value in vars(arguments).items()},
                )  # fmt: skip
                run.save(state)
            if run.stopping or step >= end:
                break
        feed.close()
    print(f"{'done' if step >= total else 'stopped'} at step {step} of {total}", flush=True)


KEPT = "step", "exp_avg", "exp_avg_sq", "momentum"


def moments(optimise, model):
    """The optimisers' state by parameter name, so that a change of picture size can stretch it with the parameters; as bf16 to keep the file small."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    short = lambda value: value.bfloat16() if value.ndim else value
    states = [(names[p], state) for part in optimise.parts for p, state in part.state.items()]
    return {key: {name: short(state[key]) for name, state in states if key in state} for key in KEPT}


def restore(optimise, model, saved):
    """What fits: a run begun with another optimiser goes on with that one's moments missing."""
    parameters = dict(model.named_parameters())
    for part in optimise.parts:
        keys = KEPT[3:] if isinstance(part, Muon) else KEPT[:3]
        for parameter in (p for group in part.param_groups for p in group["params"]):
            name = next(name for name, p in parameters.items() if p is parameter)
            if all(name in saved.get(key, {}) for key in keys):
                value = lambda key: saved[key][name] if key == "step" else saved[key][name].to(parameter.device, parameter.dtype)
                part.state[parameter] = {key: value(key) for key in keys}
                if "exp_avg_sq" in keys:  # a position table's, stretched, may have swung below zero
                    part.state[parameter]["exp_avg_sq"].clamp_(min=0)
