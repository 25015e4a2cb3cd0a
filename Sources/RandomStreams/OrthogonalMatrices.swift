import LaneKernels

extension RandomStream {
  /// Doubles of scratch that `fillOrthogonal` needs.
  package static func orthogonalScratchCount(rows: Int, columns: Int) -> Int {
    2 * HouseholderFactorization.elementCount(rows: max(rows, columns), columns: min(rows, columns))
  }

  /// A random matrix with orthonormal rows or columns, whichever are fewer, times a factor: the Q of a Gaussian
  /// matrix's QR factorization with R_ii > 0, hence uniform under the Haar measure (Stewart 1980; Mezzadri 2007). A wide
  /// matrix is the transpose of the Q of its transpose, as PyTorch's `orthogonal_` has it.
  ///
  /// The Gaussian numbers are the stream's normals from `index` on, row-major; everything after is in double precision
  /// and gives the same bits on every machine.
  ///
  /// - Parameters:
  ///   - out: rows × columns, row-major.
  ///   - scratch: `orthogonalScratchCount` doubles, aligned to a lane vector.
  ///   - forEach: may use several threads.
  ///
  /// Complexity: O(rows · columns · min(rows, columns)).
  package func fillOrthogonal(
    _ out: UnsafeMutablePointer<Float>, rows: Int, columns: Int, factor: Double, startingAt index: UInt64 = 0,
    scratch: UnsafeMutablePointer<Double>, forEach: HouseholderFactorization.ForEach
  ) {
    guard rows > 0, columns > 0 else { return }
    let isWide = rows < columns
    let (tall, narrow) = isWide ? (columns, rows) : (rows, columns)
    let place = { (row: Int, column: Int) in
      HouseholderFactorization.place(row: isWide ? column : row, column: isWide ? row : column, rows: tall)
    }
    nonisolated(unsafe) let (out, matrix) = (out, scratch)
    let q = scratch + HouseholderFactorization.elementCount(rows: tall, columns: narrow)
    for lane in narrow..<(narrow + laneCount - 1) / laneCount * laneCount {
      for row in 0..<tall { matrix[HouseholderFactorization.place(row: row, column: lane, rows: tall)] = 0 }
    }
    forEach(rows) { row in
      let normals = UnsafeMutableBufferPointer(start: out + row * columns, count: columns)
      fillNormals(normals, startingAt: index + UInt64(row) * UInt64(columns))
      for column in 0..<columns { matrix[place(row, column)] = Double(normals[column]) }
    }
    HouseholderFactorization(matrix, rows: tall, columns: narrow, forEach: forEach).q(
      into: q, forEach: forEach)
    nonisolated(unsafe) let result = q
    forEach(rows) { row in
      for column in 0..<columns { out[row * columns + column] = Float(factor * result[place(row, column)]) }
    }
  }
}
