import Synchronization

/// Values that are expensive to make, by what they are made of. The one that was asked for longest ago makes room.
final class RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let capacity: Int
  /// The last one was asked for last. A few dozen: a search is quicker than keeping them in order otherwise.
  private let list = Mutex<[(key: Key, value: Value)]>([])

  init(capacity: Int) { self.capacity = capacity }

  /// Two that ask for the same at once may both make it.
  func value(for key: Key, _ make: () throws -> Value) rethrows -> Value {
    let known = list.withLock { list -> Value? in
      guard let place = list.lastIndex(where: { $0.key == key }) else { return nil }
      if place < list.count - 1 { list.append(list.remove(at: place)) }
      return list[list.count - 1].value
    }
    if let known { return known }
    let made = try make()
    list.withLock { list in
      list.append((key, made))
      if list.count > capacity { list.removeFirst() }
    }
    return made
  }
}
