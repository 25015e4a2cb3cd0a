import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends connections that would be held for nothing: by a request whose head does not arrive, by a client that does not
/// read its answer, and by one that goes on sending what nobody will read.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let headLimit: TimeAmount
  private let writeLimit: TimeAmount
  private var clock: Scheduled<Void>?
  /// Nil while a request is being answered.
  private var waitsForHeadSince: NIODeadline? = .now()
  /// Whether a request's head has come whose end has not.
  private var isArriving = false
  private var pendingWrites = 0
  /// Since the last of them that left, or the first.
  private var writesSince = NIODeadline.now()
  /// Nil unless what still arrives is thrown away.
  private var drainedBytes: Int?
  /// Nothing more will come.
  private var hasClientLeft = false
  private var departureHandler: (() -> Void)?

  /// A client that was answered early gets so much time to read that, before its connection goes.
  private static let drainTime = TimeAmount.seconds(2)
  private static let mostDrainedBytes = 1 << 20
  /// Answers are larger than heads.
  private static let writeLimitOfHeadLimits = 5

  /// - Parameter seconds: that a head may take to arrive.
  init(seconds: Int) {
    headLimit = .seconds(Int64(seconds))
    writeLimit = headLimit * Self.writeLimitOfHeadLimits
  }

  func handlerAdded(context: ChannelHandlerContext) { wind(context) }

  /// Looks again and again: a clock for each request would cost each of them.
  private func wind(_ context: ChannelHandlerContext) {
    let pause = TimeAmount.nanoseconds(max(250_000_000, headLimit.nanoseconds / 4))
    clock = context.eventLoop.assumeIsolated().scheduleTask(in: pause) {
      let now = NIODeadline.now()
      let isHeadLate = self.waitsForHeadSince.map { now - $0 > self.headLimit } ?? false
      if isHeadLate || self.pendingWrites > 0 && now - self.writesSince > self.writeLimit {
        context.close(promise: nil)
      } else {
        self.wind(context)
      }
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) { clock?.cancel() }

  /// Calls back when the client has closed its side of the connection, at once if it has already. The next handler takes
  /// this one's place.
  func whenClientLeaves(_ handler: @escaping () -> Void) {
    if hasClientLeft { return handler() }
    departureHandler = handler
  }

  private func noteDeparture() {
    hasClientLeft = true
    departureHandler?()
    departureHandler = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    noteDeparture()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = unwrapInboundIn(data)
    if let drained = drainedBytes {
      if case .body(let bytes) = part { drainedBytes = drained + bytes.readableBytes }
      if drained > Self.mostDrainedBytes { context.close(promise: nil) }
      return
    }
    switch part {
    case .head: (isArriving, waitsForHeadSince) = (true, nil)
    case .body: break
    case .end: isArriving = false
    }
    context.fireChannelRead(data)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .some(.inputClosed) = event as? ChannelEvent {
      noteDeparture()
      if drainedBytes != nil { context.close(promise: nil) }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head) where head.status == .badRequest && head.headerFields[.contentType] == nil:
      // What the server says by itself to what it cannot parse.
      let (head, body) = UnreadableRequest.answer
      context.write(wrapOutboundOut(.head(head)), promise: promise)
      context.write(wrapOutboundOut(.body(body)), promise: watched(nil, context))
    case .head(var head) where isArriving:
      head.headerFields[.connection] = "close"
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .head: context.write(data, promise: promise)
    case .body: context.write(data, promise: watched(promise, context))
    case .end:
      let written = watched(promise, context)
      if isArriving {
        // The rest of the question would be read for nothing, however long it is.
        written.futureResult.assumeIsolated().whenComplete { _ in self.drain(context) }
      } else {
        waitsForHeadSince = .now()
      }
      context.write(data, promise: written)
    }
  }

  private func drain(_ context: ChannelHandlerContext) {
    drainedBytes = 0
    context.close(mode: .output, promise: nil)
    context.eventLoop.assumeIsolated().scheduleTask(in: Self.drainTime) { context.close(promise: nil) }
  }

  private func watched(
    _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
  ) -> EventLoopPromise<Void> {
    let written = promise ?? context.eventLoop.makePromise()
    if pendingWrites == 0 { writesSince = .now() }
    pendingWrites += 1
    written.futureResult.assumeIsolated().whenComplete { _ in
      self.pendingWrites -= 1
      self.writesSince = .now()
    }
    return written
  }
}
