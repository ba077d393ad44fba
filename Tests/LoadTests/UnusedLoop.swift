import NIOCore
import NIOPosix

/// An event loop for values that require one but never use it.
enum UnusedLoop {
  static let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
}
