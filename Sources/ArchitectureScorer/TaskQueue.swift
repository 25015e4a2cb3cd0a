/// Networks waiting to be computed: first in, first out.
struct TaskQueue {
  private var tasks: [NetworkTask?] = []
  private var head = 0

  var count: Int { tasks.count - head }

  mutating func append(_ task: NetworkTask) { tasks.append(task) }

  mutating func popFirst() -> NetworkTask? {
    guard head < tasks.count else { return nil }
    defer {
      // The network is not kept for longer than it is needed.
      tasks[head] = nil
      head += 1
      if head == tasks.count {
        tasks.removeAll()
        head = 0
      }
    }
    return tasks[head]
  }
}
