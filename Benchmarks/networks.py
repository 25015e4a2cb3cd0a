"""Network files of the benchmarks, exactly as the peers build the same architectures."""

# The six edges of a NAS-Bench-201 cell as (node, predecessor), in the benchmark's own order.
EDGES = [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]

CELLS = {
    "heavy": ["nor_conv_3x3"] * 6,
    "mid": ["nor_conv_3x3", "nor_conv_1x1", "skip_connect", "avg_pool_3x3", "nor_conv_3x3", "nor_conv_1x1"],
    "light": ["skip_connect", "nor_conv_1x1", "none", "avg_pool_3x3", "none", "skip_connect"],
}


class _Layers:
    """The lines of a network file. Every `add` returns the new layer's name."""

    def __init__(self, shape, parameterization="standard"):
        self.lines = [f"parameterization: {parameterization}", f"input: [{', '.join(map(str, shape))}]", "layers:"]
        self.count = 0

    def add(self, operation, source, **attributes):
        self.count += 1
        name = f"n{self.count}"
        origin = f"[{', '.join(source)}]" if isinstance(source, list) else source
        fields = {"name": name, "op": operation, **attributes, "from": origin}
        values = [f"{key}: {str(value).lower() if isinstance(value, bool) else value}" for key, value in fields.items()]
        self.lines.append("  - {" + ", ".join(values) + "}")
        return name

    def text(self):
        return "\n".join(self.lines) + "\n"


def nas_bench_201(cell, channels, cells_per_stage, side=32, outputs=10):
    """The benchmark's network (Dong & Yang 2020): stem, three stages of cells, two reductions, head."""
    operations = CELLS.get(cell, cell)
    layers = _Layers([3, side, side])

    def convolve(source, filters, kernel, stride=1):
        maps = layers.add(
            "conv2d", source, filters=filters, kernel=kernel, stride=stride, padding=kernel // 2, bias=False)
        return layers.add("batch_norm", maps)

    def activated(source, filters, kernel, stride=1):
        return convolve(layers.add("relu", source), filters, kernel, stride)

    def edge(operation, source, filters):
        if operation == "skip_connect":
            return source
        if operation == "none":
            return layers.add("zero", source)
        if operation == "avg_pool_3x3":
            return layers.add("average_pool", source, kernel=3, stride=1, padding=1, count_include_pad=False)
        return activated(source, filters, {"nor_conv_1x1": 1, "nor_conv_3x3": 3}[operation])

    def one_cell(source, filters):
        nodes = [source]
        for node in (1, 2, 3):
            terms = [
                edge(operation, nodes[origin], filters)
                for (target, origin), operation in zip(EDGES, operations) if target == node]
            nodes.append(terms[0] if len(terms) == 1 else layers.add("add", terms))
        return nodes[3]

    last = convolve("input", channels, 3)
    for stage in range(3):
        filters = channels << stage
        if stage > 0:
            branch = activated(activated(last, filters, 3, stride=2), filters, 3)
            pooled = layers.add("average_pool", last, kernel=2)
            shortcut = layers.add("conv2d", pooled, filters=filters, kernel=1, bias=False)
            last = layers.add("add", [shortcut, branch])
        for _ in range(cells_per_stage):
            last = one_cell(last, filters)
    last = layers.add("relu", layers.add("batch_norm", last))
    layers.add("dense", layers.add("global_average_pool", last), units=outputs)
    return layers.text()


def fully_connected(depth, width, outputs, inputs=3072):
    """ReLU layers with sigma_w^2 = 2 and sigma_b = 0.1, and a readout with sigma_w = 1 and no bias, in the NTK
    parameterization."""
    layers = _Layers([inputs], parameterization="ntk")
    last = "input"
    for _ in range(depth):
        last = layers.add("relu", layers.add("dense", last, units=width, weight_variance=2, bias_variance=0.01))
    layers.add("dense", last, units=outputs, weight_variance=1, bias=False)
    return layers.text()


def plain_convolutional(depth, width, outputs=10, side=32):
    """3 x 3 convolutions with ReLU, global average pooling and a readout, no biases, in the NTK parameterization."""
    layers = _Layers([3, side, side], parameterization="ntk")
    last = "input"
    for _ in range(depth):
        last = layers.add(
            "relu", layers.add("conv2d", last, filters=width, kernel=3, padding=1, weight_variance=2, bias=False))
    layers.add("dense", layers.add("global_average_pool", last), units=outputs, weight_variance=1, bias=False)
    return layers.text()


def infinite_width(depth, activation, side=None, head="flatten"):
    """What nt_analytic.py computes the kernels of: vectors of 3072 numbers, or maps of three channels and a side."""
    layers = _Layers([3, side, side] if side else [3072], "ntk")
    variances = {"weight_variance": 1.5**2, "bias_variance": 0.05**2}
    source = "input"
    for _ in range(depth):
        if side:
            source = layers.add("conv2d", source, filters=8, kernel=3, padding=1, **variances)
        else:
            source = layers.add("dense", source, units=8, **variances)
        source = layers.add(activation, source)
    if side:
        source = layers.add("flatten" if head == "flatten" else "global_average_pool", source)
    layers.add("dense", source, units=1, **variances)
    return layers.text()
