import CLaneKernels

/// What all tiles of one kernel share.
struct TileContext {
  let plan: KernelPlan
  /// Of `plan.patches`.
  let patchSums: [PatchSum]
  let inputScale: Double
  let variant: UnsafePointer<LaneVariant>
  /// Of single positions, per input step in order; empty for maps.
  let products: [InnerProducts]
  /// Of maps; nil for single positions. The second set's is the first's when there is one set.
  let firstColumns: SampleColumns?
  let secondColumns: SampleColumns?
  let firstTables: SampleTables
  let secondTables: SampleTables
  /// Whether Θ is wanted beside K.
  let hasTangent: Bool
  let lanes: Int
}
