#!/usr/bin/env python3
"""An architecture family in Python: dense layers that become narrower by a ratio."""
import json, sys

FAMILY = {
    "name": "pyramid", "version": "1", "summary": "Dense layers that become narrower by a ratio.",
    "parameters": [
        {"name": "depth", "type": "integer", "minimum": 1, "maximum": 20, "default": 3, "documentation": "Hidden layers."},
        {"name": "width", "type": "integer", "minimum": 1, "maximum": 65536, "default": 128, "documentation": "Units of the first."},
        {"name": "ratio", "type": "real", "minimum": 0.1, "maximum": 1, "default": 0.5, "documentation": "Of one width to the one before."},
        {"name": "activation", "type": "choice", "choices": ["relu", "tanh", "gelu"], "default": "relu", "documentation": "After every hidden layer."}]}

def make(choices, input, outputs):
    layers = [{"op": "flatten"}] if len(input) == 3 else []
    for level in range(choices["depth"]):
        width = int(choices["width"] * choices["ratio"] ** level)
        if width < 1:
            raise ValueError(f"hidden layer {level + 1} would have no units; expected a larger width or ratio")
        layers += [{"op": "dense", "units": width}, {"op": choices["activation"]}]
    return {"input": input, "layers": layers + [{"op": "dense", "units": outputs}]}

def answer(request):
    if request["call"] == "describe":
        return {"families": [FAMILY]}
    return {"network": make(request["choices"], request["input"], request["outputs"])}

for line in sys.stdin:
    reply, id = {}, None
    try:
        request = json.loads(line)
        id = request["id"]
        reply = answer(request)
    except Exception as problem:
        reply = {"error": f"{type(problem).__name__}: {problem}"}
    print(json.dumps({"id": id, **reply}), flush=True)
