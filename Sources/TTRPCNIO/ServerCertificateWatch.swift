import NIOCore
import NIOPosix

/// The thread that looks at the files of certificates now and then. A disk that is slow, or that of
/// another machine, holds up this thread and no loop.
final class ServerCertificateWatch: Sendable {
  private let thread = NIOThreadPool(numberOfThreads: 1)

  /// Begins with a look at once. The next one follows an interval after the end of the one before.
  /// `report` gets the lines for the operator, on the thread. Call ``end()`` before `loop` ends.
  init(
    _ certificates: ServerCertificates,
    timedBy loop: any EventLoop,
    _ report: (@Sendable (String) -> Void)?
  ) {
    thread.start()
    let interval = TimeAmount(certificates.settings.watchInterval)
    loop.scheduleRepeatedAsyncTask(initialDelay: .zero, delay: interval) { [thread] _ in
      thread.runIfActive(eventLoop: loop) {
        for line in certificates.check() { report?(line) }
      }
    }
  }

  /// Ends the thread, after the look that it is taking.
  func end() async { try? await thread.shutdownGracefully() }
}
