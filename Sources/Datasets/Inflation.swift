import CZlib

/// Decompression whose output is bounded before it begins.
enum Inflation {
  enum Container {
    /// A bare deflate stream, as in ZIP archives.
    case raw
    /// One gzip member or several, one after the other.
    case gzip
  }

  enum Failure: Error {
    /// zlib's words; the input byte that it had reached.
    case corrupt(String, offset: Int)
    case truncated
  }

  struct Output {
    let bytes: [UInt8]
    /// Whether the stream ended within the bound.
    let isComplete: Bool
  }

  /// At most `bound` bytes of what the input holds.
  static func inflate(
    _ input: ArraySlice<UInt8>, _ container: Container, bound: Int
  ) throws(Failure) -> Output {
    var stream = z_stream()
    let windowBits: Int32 = container == .raw ? -MAX_WBITS : MAX_WBITS + 16
    guard
      inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .corrupt("zlib could not start", offset: 0) }
    defer { inflateEnd(&stream) }

    // zlib counts in 32 bits, and writes into a small block so that a lying size never allocates what it
    // declares.
    var block = [UInt8](repeating: 0, count: min(max(bound, 1), 1 << 18))
    var output: [UInt8] = []
    var consumed = 0
    var failure: Failure?
    var isComplete = false

    input.withUnsafeBufferPointer { source in
      block.withUnsafeMutableBufferPointer { target in
        while true {
          let given = min(source.count - consumed, 1 << 30)
          stream.next_in = source.baseAddress.map { UnsafeMutablePointer(mutating: $0 + consumed) }
          stream.avail_in = UInt32(given)
          stream.next_out = target.baseAddress
          stream.avail_out = UInt32(target.count)
          let status = CZlib.inflate(&stream, Z_NO_FLUSH)
          consumed += given - Int(stream.avail_in)
          let produced = target.count - Int(stream.avail_out)
          let room = bound - output.count
          output.append(contentsOf: target.prefix(min(produced, room)))
          if produced > room { return }
          switch status {
          case Z_STREAM_END:
            // Bytes after the last gzip member are ignored, as gunzip does, unless they begin another member.
            if container == .gzip, source.dropFirst(consumed).starts(with: [0x1f, 0x8b]) {
              inflateReset(&stream)
              continue
            }
            isComplete = true
            return
          case Z_OK where produced > 0 || Int(stream.avail_in) < given: continue
          case Z_OK, Z_BUF_ERROR:
            failure = .truncated
            return
          default:
            let words = stream.msg.map { String(cString: $0) } ?? "zlib error \(status)"
            failure = .corrupt(words, offset: consumed)
            return
          }
        }
      }
    }
    // What lies within the bound is good even when the stream breaks off later; the caller asked for no more.
    if let failure, output.count < bound { throw failure }
    return Output(bytes: output, isComplete: isComplete)
  }

  /// The CRC-32 of ZIP and gzip.
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var value = crc32(0, nil, 0)
    var rest = bytes
    while !rest.isEmpty {
      let piece = rest.prefix(1 << 30)
      value = piece.withUnsafeBufferPointer { crc32(value, $0.baseAddress, UInt32($0.count)) }
      rest = rest.dropFirst(piece.count)
    }
    return UInt32(truncatingIfNeeded: value)
  }
}
