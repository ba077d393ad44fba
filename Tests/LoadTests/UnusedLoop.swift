import NIOCore
import NIOPosix

/// A loop for values that need one and never use it.
enum UnusedLoop {
  static let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
}
