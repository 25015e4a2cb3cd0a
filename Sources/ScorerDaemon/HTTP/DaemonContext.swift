import Hummingbird
import NIOCore

/// What a request is answered with: its connection beside the usual.
struct DaemonContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: Source) {
    coreContext = .init(source: source)
    channel = source.channel
  }
}
