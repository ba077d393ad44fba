import NIOCore
import NIOSSL
import NIOTLS

/// The wait for the end of a TLS handshake. It stands behind the handler of TLS, keeps its errors
/// from the connection, and leaves the pipeline when the handshake has succeeded.
///
/// Used on the channel's event loop only.
final class ClientHandshake: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// The failure to connect that follows from an error and from the server's certificate, which is
  /// nil if none came.
  typealias Judge = (any Error, NIOSSLCertificate?) -> ClientConnectFailure

  private let encryption: NIOSSLClientHandler
  /// The host name that the server's certificate must have; nil for a server that is called by its
  /// IP address.
  private let name: String?
  private let judge: Judge
  private var context: ChannelHandlerContext?
  private var promise: EventLoopPromise<Void>?
  private var timer: Scheduled<Void>?

  /// The error of a connection that ended without any other.
  struct Ended: Error {}
  /// The error of a handshake that takes too long.
  struct TimedOut: Error {}
  /// The error of a server whose certificate lacks the name.
  struct WrongName: Error {}

  init(_ encryption: NIOSSLClientHandler, name: String?, judge: @escaping Judge) {
    self.encryption = encryption
    self.name = name
    self.judge = judge
  }

  /// Returns the end of the handshake, at `deadline` at the latest. It fails with a
  /// ``ClientConnectFailure``, and the channel is closed then.
  func finished(by deadline: NIODeadline) -> EventLoopFuture<Void> {
    guard let promise, let context else { preconditionFailure("the handler is in no pipeline") }
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
      self.fail(TimedOut())
    }
    return promise.futureResult
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    promise = context.eventLoop.makePromise()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    fail(Ended())
    self.context = nil
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard let event = event as? TLSUserEvent, case .handshakeCompleted = event else {
      context.fireUserInboundEventTriggered(event)
      return
    }
    if let name, encryption.peerCertificate?.isNamed(name) == false { return fail(WrongName()) }
    timer?.cancel()
    promise.take()?.succeed()
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(error) }

  func channelInactive(context: ChannelHandlerContext) {
    fail(Ended())
    context.fireChannelInactive()
  }

  /// Fails the handshake if it has not ended. The first error counts, because closing makes others.
  private func fail(_ error: any Error) {
    guard let promise = promise.take() else { return }
    timer?.cancel()
    promise.fail(judge(error, encryption.peerCertificate))
    context?.close(promise: nil)
  }
}
