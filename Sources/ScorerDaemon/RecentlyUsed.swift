import Synchronization

/// Values that are expensive to make, by what they are made of. The one that was asked for longest ago makes room.
final class RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let capacity: Int
  /// The last one was asked for last. A few dozen: a search is quicker than keeping them in order otherwise.
  private let list = Mutex<[(key: Key, value: Value)]>([])

  init(capacity: Int) { self.capacity = capacity }

  /// Nil when it is not there.
  func known(_ key: Key) -> Value? {
    list.withLock { list in
      guard let place = list.lastIndex(where: { $0.key == key }) else { return nil }
      if place < list.count - 1 { list.append(list.remove(at: place)) }
      return list[list.count - 1].value
    }
  }

  /// Two that ask for the same at once may both make it.
  func value(for key: Key, _ make: () throws -> Value) rethrows -> Value {
    if let known = known(key) { return known }
    let made = try make()
    keep(made, for: key)
    return made
  }

  func keep(_ value: Value, for key: Key) {
    list.withLock { list in
      list.append((key, value))
      if list.count > capacity { list.removeFirst() }
    }
  }
}
