import NIOCore
import TTRPC

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The pauses of a listener that finds no resources for another connection. The system reports the
/// waiting connection again and again, so that a listener without pauses would take a whole core.
struct AcceptPauses {
  private var pause = Self.shortest
  private var lastFailure: ContinuousClock.Instant?

  static let shortest = Duration.milliseconds(100)
  static let longest = Duration.seconds(1)
  /// The time without a failure after which the next one begins a new episode.
  static let quiet = Duration.seconds(10)

  /// Records a failure. Returns the time to pause, which doubles from failure to failure, and true
  /// for the first failure of an episode.
  mutating func failed(_ now: ContinuousClock.Instant) -> (pause: Duration, isNew: Bool) {
    let isNew = lastFailure.map { now - $0 >= Self.quiet } ?? true
    lastFailure = now
    defer { pause = min(pause * 2, Self.longest) }
    return (pause, isNew)
  }

  mutating func accepted() { pause = Self.shortest }
}

/// The handler of a listener that stops accepting while file descriptors or memory are short. NIO
/// keeps the listener open after such an error, and would accept again at once. Stands in front of
/// NIO's own handler, so that it sees the errors of the listener and not those of its connections.
final class ServerAcceptHandler: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private let shared: ServerShared
  private var pauses = AcceptPauses()
  private var resumption: Scheduled<Void>?

  init(_ shared: ServerShared) { self.shared = shared }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    pauses.accepted()
    context.fireChannelRead(data)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError, let shortage = Self.shortage(error.errnoCode) else {
      context.fireErrorCaught(error)
      return
    }
    let (pause, isNew) = pauses.failed(.now)
    if isNew {
      shared.onNotice?(
        "cannot accept connections: \(shortage); new clients wait until others disconnect"
      )
    }
    let channel = context.channel
    try? channel.syncOptions?.setOption(.autoRead, value: false)
    shared.listenerPaused(channel)
    resumption?.cancel()
    resumption = context.eventLoop.scheduleTask(in: TimeAmount(pause)) {
      channel.setOption(.autoRead, value: true).whenFailure { _ in }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    resumption?.cancel()
    context.fireChannelInactive()
  }

  private static func shortage(_ code: CInt) -> String? {
    switch code {
    case EMFILE:
      "the process has no file descriptor left (EMFILE): raise its limit of open files, or lower "
        + Limits.flag(for: \.connections)
    case ENFILE: "the system has no file descriptor left (ENFILE)"
    case ENOBUFS, ENOMEM: "the system has no memory left for sockets"
    default: nil
    }
  }
}
