import LaneKernels
import NetworkGraph

/// Backward passes column by column, where samples are coupled.
extension KernelComputation {
  /// A step and those before it that its gradient can go through column by column: each is read by the one after it
  /// alone, and is no batch norm, which needs a whole gradient first. Where samples are coupled a gradient is too large
  /// for the caches by far, so what can be done with a column is done before the next.
  func chain(from time: Int, _ gradients: [LaneTensor<Scalar>?]) -> [Int] {
    guard context.isCoupled, plan.steps[time].node.shape.positions > 1 else { return [time] }
    var chain = [time]
    while let last = chain.last, plan.steps[last].inputs.count == 1 {
      let source = plan.steps[last].inputs[0]
      guard plan.steps[source].carriesGradient, shares[source] == 1, gradients[source] == nil,
        plan.steps[source].goesColumnByColumn
      else { break }
      chain.append(source)
    }
    return chain
  }

  /// Bytes of the gradients between two steps that a worker has under way.
  private static var bytesUnderWay: Int { 384 << 10 }

  /// As `propagate` of one step for a chain: the gradients between its steps exist for some columns at a time.
  func propagate(
    _ chain: [Int], _ gradient: LaneTensor<Scalar>, _ values: ForwardValues,
    into gradients: inout [LaneTensor<Scalar>?], _ gram: GramAccumulator<Scalar>
  ) {
    context.meter.section(.backward) {
      passes[chain[0]].prepareBackward(gradient, inputs: operands(of: chain[0], values).inputs, context)
    }
    let last = plan.steps[chain[chain.count - 1]]
    let end = target(last.inputs[0], plan.inputShapes(of: last)[0], columns: gradient.columns, &gradients)
    let largest = chain.map { plan.steps[$0].node.shape.elementCount }.max() ?? 1
    let bytes = largest * laneCount * MemoryLayout<Scalar>.stride
    let width = max(1, Self.bytesUnderWay / bytes) * context.workers.threads
    let (isComplete, gathersRows) = (gram.isComplete, gram.gathersRows)
    gram.gathersRows = true
    for first in stride(from: 0, to: gradient.columns, by: width) {
      let columns = first..<min(first + width, gradient.columns)
      gram.isComplete = isComplete && columns.upperBound == gradient.columns
      var current = gradient.columns(columns)
      for (index, time) in chain.enumerated() {
        let (inputs, output) = operands(of: time, values)
        gram.step = time
        context.meter.section(.gram) {
          passes[time].accumulateGram(current, inputs: inputs, output: output, into: gram, context)
        }
        var next = end
        if index < chain.count - 1 {
          var part = tensor(plan.inputShapes(of: plan.steps[time])[0], columns: columns.count)
          part.firstColumn = columns.lowerBound
          next = GradientTarget(tensor: part, accumulate: false)
        } else if let end {
          next = GradientTarget(tensor: end.tensor.columns(columns), accumulate: end.accumulate)
        }
        if let next {
          context.meter.section(.backward) {
            passes[time].backward(current, inputs: inputs, output: output, into: [next], context)
          }
        }
        if index > 0 { context.pool.giveBack(current.base) }
        if let next, index < chain.count - 1 {
          current = next.tensor.reshaped(plan.steps[chain[index + 1]].node.shape)
        }
      }
    }
    (gram.isComplete, gram.gathersRows) = (isComplete, gathersRows)
  }
}
