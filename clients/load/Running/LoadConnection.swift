import NIOCore
import TTRPC
import TTRPCNIO

/// One connection of a loop, reopened when it is lost. Used on its loop only.
final class LoadConnection {
  /// The open connection, or nil while there is none.
  private(set) var live: ClientLoopConnection?
  /// The callers of a closed loop that wait for the connection.
  var parked: [CallSlot] = []
  /// Called after the connection was reopened, with the callers that waited.
  var onReopened: (([CallSlot]) -> Void)?
  /// Called when connecting failed, with the time since when the connection is down. Returns true
  /// to try again.
  var onUnreachable: ((RPCError, _ since: UInt64) -> Bool)?
  /// Number of times the connection was lost.
  private(set) var losses: UInt64 = 0

  private let eventLoop: any EventLoop
  private let settings: LoadSettings
  private var downSince: UInt64?
  private var isClosed = false

  /// Delay between attempts to connect.
  private static let pause = TimeAmount.milliseconds(100)

  init(eventLoop: any EventLoop, settings: LoadSettings) {
    self.eventLoop = eventLoop
    self.settings = settings
  }

  /// Connects for the first time.
  func open() -> EventLoopFuture<Void> {
    connect().assumeIsolated().map { self.adopt($0) }.nonisolated()
  }

  /// Marks the connection as lost and schedules a reconnection.
  func lost() {
    guard !isClosed, downSince == nil else { return }
    live = nil
    losses += 1
    downSince = RunState.now()
    // Deferred, because connecting may succeed at once, before the callers that found it lost are
    // parked.
    eventLoop.assumeIsolated().execute { if !self.isClosed { self.reconnect() } }
  }

  func close() {
    isClosed = true
    live?.close()
    live = nil
    onReopened = nil
    onUnreachable = nil
  }

  private func connect() -> EventLoopFuture<ClientLoopConnection> {
    var configuration = settings.client
    configuration.limits.callsInFlight = max(
      configuration.limits.callsInFlight,
      settings.callers
    )
    return ClientLoopConnection.connect(on: eventLoop, configuration)
  }

  private func adopt(_ connection: ClientLoopConnection) {
    guard !isClosed else { return connection.close() }
    live = connection
    downSince = nil
    let identity = ObjectIdentifier(connection)
    connection.onClosed = { [weak self] _ in
      guard let self, let live = self.live, ObjectIdentifier(live) == identity else { return }
      self.lost()
    }
    let waiting = parked
    parked = []
    onReopened?(waiting)
  }

  private func reconnect() {
    connect().assumeIsolated().whenComplete { result in
      switch result {
      case .success(let connection): self.adopt(connection)
      case .failure(let error):
        let error = error as? RPCError ?? RPCError(code: .unavailable, message: "\(error)")
        guard !self.isClosed, self.onUnreachable?(error, self.downSince ?? 0) == true else {
          return
        }
        self.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
          if !self.isClosed { self.reconnect() }
        }
      }
    }
  }
}
