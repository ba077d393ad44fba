import NIOCore
import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The event that begins the next round of a loop's ``ServerTurns``. Used on that loop only.
///
/// NIO runs all tasks of a loop, also those that tasks add, before it looks at sockets again. A
/// byte in a pipe is found together with the events of sockets instead.
final class ServerPulse {
  private let loop: ServerEventLoop
  private var state = State.none
  /// True from a beat until its round.
  private var isBeating = false

  private enum State {
    case none
    /// The pipe is being registered; a beat waits for it.
    case opening
    case open(any Channel)
    /// The process has no descriptors left.
    case failed
  }

  /// The delay of a beat without a pipe. NIO looks at sockets before a task that is not yet due.
  private static let delay = TimeAmount.microseconds(50)
  private static let byte = ByteBuffer(integer: UInt8(0))

  init(_ loop: ServerEventLoop) { self.loop = loop }

  /// Begins a round after the loop has looked at its sockets. Does nothing if one will begin.
  func beat() {
    if isBeating { return }
    isBeating = true
    if case .none = state { open() }
    send()
  }

  /// Records that the round has begun.
  func hasBeaten() { isBeating = false }

  private func send() {
    switch state {
    case .none, .opening: break
    case .open(let channel):
      channel.writeAndFlush(Self.byte, promise: nil)
    case .failed:
      loop.eventLoop.scheduleTask(in: Self.delay) { [weak loop] in loop?.connections?.turns.run() }
    }
  }

  private func open() {
    var ends: [CInt] = [-1, -1]
    guard Self.makePipe(&ends) else {
      state = .failed
      return
    }
    state = .opening
    let (input, output) = (ends[0], ends[1])
    NIOPipeBootstrap(group: loop.eventLoop)
      .channelInitializer { [weak loop] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Listener(loop))
        }
      }
      .takingOwnershipOfDescriptors(input: input, output: output)
      .assumeIsolated()
      .whenComplete { result in
        switch result {
        case .success(let channel): self.state = .open(channel)
        // NIO has closed the pipe, but for a failure before it made the channel. Two descriptors
        // that stay open are better than closing those of somebody else.
        case .failure: self.state = .failed
        }
        if self.isBeating { self.send() }
      }
  }

  private static func makePipe(_ ends: inout [CInt]) -> Bool {
    guard pipe(&ends) == 0 else { return false }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return true
  }

  private final class Listener: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private weak var loop: ServerEventLoop?

    init(_ loop: ServerEventLoop?) { self.loop = loop }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func channelReadComplete(context: ChannelHandlerContext) { loop?.connections?.turns.run() }
  }
}
